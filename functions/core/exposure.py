"""The inventory record of a cell."""

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from functions.core.coverage import Answer, Method
from functions.core.model import Id, Model, Protocol, Time
from functions.core.service import Service


class ExposureState(StrEnum):
    OPEN = "open"
    SUSPECT = "suspect"
    """Missed, and not often enough to be closed."""
    CLOSED = "closed"
    FLAPPING = "flapping"
    """Opened and closed too often within its window; `answering` says which of the two it was last."""


PRESENT = frozenset({ExposureState.OPEN, ExposureState.SUSPECT, ExposureState.FLAPPING})
"""What a scan must probe again, whatever its discovery reports."""


class ChangeKind(StrEnum):
    OPENED = "opened"
    REOPENED = "reopened"
    CHANGED = "changed"
    MISSED = "missed"
    SEEN_AGAIN = "seen_again"
    """Open again after a miss that had not closed it."""
    CLOSED = "closed"
    CONFIRMED = "confirmed"
    """Seen open by a second scan after the one that opened it."""
    SETTLED = "settled"
    """Quiet for a whole window after flapping."""


OPENINGS = frozenset({ChangeKind.OPENED, ChangeKind.REOPENED})
FLIPS = OPENINGS | {ChangeKind.CLOSED}
"""Verdicts that turned the one into the other."""


class Change(Model):
    """The last change of an exposure, with its evidence: enough for an alert's why."""

    kind: ChangeKind
    baseline: bool = False
    """The cell had never been covered before."""
    scan: Id
    chunk: str
    attempt: int
    at: Time
    how: Method
    answer: Answer | None = None
    """What the cell answered: a closed port was refused, filtered, or silent too often. None where it was not kept yet."""
    previous_covered: Time | None = None
    """When the cell was last covered before this evidence; None when never."""


class Exposure(Model):
    project: Id
    network: Id
    asset: str
    """An address in canonical text, or a hostname."""
    address: str
    protocol: Protocol
    port: int = Field(ge=0, le=65535)
    state: ExposureState
    episode: int = Field(default=1, ge=1)
    """Counts openings: 1 for the first, +1 for each reopening later than the network's window."""
    misses: int = Field(default=0, ge=0)
    answering: bool = True
    """Whether the last verdict found it open."""
    reopened: int = Field(default=0, ge=0)
    """Reopenings within the present episode: those that came within the network's window."""
    flips: tuple[Time, ...] = Field(default=(), max_length=16)
    """When it last opened and closed, newest last: what flapping is told by."""
    confirmed: bool = True
    """Whether the present opening needs no second look: seen by two scans, or part of the baseline."""
    accepted: Time | None = None
    """When somebody took the present opening for part of the baseline."""
    accepted_by: str = ""
    held: bool = False
    """Its host answers on everything: it raises no alert of its own."""
    service: Service = Service()
    first_seen: Time
    last_changed: Time
    change: Change
    opening: Change
    """The change that began the present episode: what its alert rests on, whatever changed since. Defaults to `change`."""
    version: int = Field(default=1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _opening_defaults_to_change(cls, data: Any) -> Any:
        if isinstance(data, dict) and "opening" not in data and "change" in data:
            return {**data, "opening": data["change"]}
        return data
