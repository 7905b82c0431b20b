"""A change that a rule or setting calls wrong, with its own life."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from functions.core.exposure import Change
from functions.core.model import Id, Model, Protocol, Time
from functions.core.service import Service
from functions.core.transitions import TransitionTable


class AlertType(StrEnum):
    NEW_PORT = "NEW_PORT"


class AlertStatus(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


class AlertEvent(StrEnum):
    ACKNOWLEDGE = "acknowledge"


ALERT_TABLE = TransitionTable[AlertStatus, AlertEvent](
    "alert", {(AlertStatus.OPEN, AlertEvent.ACKNOWLEDGE): AlertStatus.ACKNOWLEDGED}
)


class Why(Model):
    """The evidence: one sentence for people, and the change it rests on."""

    text: str = Field(max_length=1024)
    change: Change


class Alert(Model):
    """`id` derives from type + exposure + episode, so that one episode raises one alert however often it is told."""

    id: Id
    project: Id
    network: Id
    type: AlertType
    severity: Literal["info", "low", "medium", "high", "critical"]
    status: AlertStatus = AlertStatus.OPEN
    review: bool = False
    """Raised by a first coverage, for somebody to look at once."""
    asset: str
    address: str
    protocol: Protocol
    port: int
    episode: int
    service: Service = Service()
    why: Why
    raised: Time
    acknowledged_by: str = ""
    acknowledged: Time | None = None
    version: int = Field(default=1, ge=1)
