"""The inventory record of a cell."""

from enum import StrEnum

from pydantic import Field

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
    version: int = Field(default=1, ge=1)
