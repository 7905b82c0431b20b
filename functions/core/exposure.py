"""The inventory record of a cell."""

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from functions.core.coverage import Method
from functions.core.model import Id, Model, Protocol, Time
from functions.core.service import Service


class ExposureState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ChangeKind(StrEnum):
    OPENED = "opened"
    REOPENED = "reopened"
    CHANGED = "changed"
    MISSED = "missed"
    SEEN_AGAIN = "seen_again"
    """Open again after a miss that had not closed it."""
    CLOSED = "closed"


OPENINGS = frozenset({ChangeKind.OPENED, ChangeKind.REOPENED})


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
    """Counts openings: 1 for the first, +1 for each reopening."""
    misses: int = Field(default=0, ge=0)
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
