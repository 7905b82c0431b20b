"""A change or state that a rule or setting calls wrong, with its own life."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from functions.core.exposure import Change
from functions.core.model import Id, Model, Protocol, Time
from functions.core.service import Service
from functions.core.transitions import TransitionTable


class AlertType(StrEnum):
    NEW_PORT = "NEW_PORT"
    NOT_ALLOWED = "NOT_ALLOWED"
    BLOCKED = "BLOCKED"
    EXPECTED_CLOSED = "EXPECTED_CLOSED"
    REOPENED = "REOPENED"
    SERVICE_CHANGED = "SERVICE_CHANGED"
    NEW_HOST = "NEW_HOST"
    ANSWERS_EVERYTHING = "ANSWERS_EVERYTHING"
    SCAN_FAILED = "SCAN_FAILED"
    NOT_WATCHED = "NOT_WATCHED"


OPENNESS = (AlertType.BLOCKED, AlertType.NEW_PORT, AlertType.REOPENED, AlertType.NOT_ALLOWED)
"""One open exposure raises one of these, the first that holds."""


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


SEVERITIES = {
    AlertType.BLOCKED: Severity.CRITICAL,
    AlertType.NEW_PORT: Severity.HIGH,
    AlertType.EXPECTED_CLOSED: Severity.HIGH,
    AlertType.NOT_WATCHED: Severity.HIGH,
    AlertType.NOT_ALLOWED: Severity.MEDIUM,
    AlertType.REOPENED: Severity.MEDIUM,
    AlertType.SCAN_FAILED: Severity.MEDIUM,
    AlertType.ANSWERS_EVERYTHING: Severity.MEDIUM,
    AlertType.SERVICE_CHANGED: Severity.LOW,
    AlertType.NEW_HOST: Severity.LOW,
}
"""What a type is worth where no override says otherwise."""


class AlertStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"


UNRESOLVED = frozenset({AlertStatus.OPEN, AlertStatus.IN_PROGRESS})


class AlertEvent(StrEnum):
    TAKE = "take"
    """Somebody works on it."""
    RELEASE = "release"
    RESOLVE = "resolve"
    REOPEN = "reopen"


ALERT_TABLE = TransitionTable[AlertStatus, AlertEvent](
    "alert",
    {
        (AlertStatus.OPEN, AlertEvent.TAKE): AlertStatus.IN_PROGRESS,
        (AlertStatus.IN_PROGRESS, AlertEvent.RELEASE): AlertStatus.OPEN,
        (AlertStatus.OPEN, AlertEvent.RESOLVE): AlertStatus.RESOLVED,
        (AlertStatus.IN_PROGRESS, AlertEvent.RESOLVE): AlertStatus.RESOLVED,
        (AlertStatus.RESOLVED, AlertEvent.REOPEN): AlertStatus.OPEN,
    },
)


class RuleRef(Model):
    """Which rule decided, in which version of which set; `scope` is `project` or a network's id."""

    scope: str
    version: int
    rule: str
    """The rule's name within the set; empty where the set's default decided."""


class Why(Model):
    """The evidence: one sentence for people, and what it rests on."""

    text: str = Field(max_length=1024)
    change: Change | None = None
    """The change of the exposure; None for what is not about one port."""
    scan: str = ""
    """The scan that showed it; empty where none did."""
    rule: RuleRef | None = None


class Mark(Model):
    """Who set an alert aside, why and until when; None is for good."""

    by: str
    at: Time
    reason: str = Field(default="", max_length=512)
    until: Time | None = None


class Resolution(Model):
    """`by`: the principal, or empty where its cause is gone."""

    by: str = ""
    at: Time
    reason: str = Field(default="", max_length=512)
    gone: Time | None = None
    """Resolved by hand: since when its cause is gone too. Until then it may come back."""


class Delivery(Model):
    """What became of an alert on one channel."""

    status: Literal["waiting", "sent", "failed", "dropped"]
    """`waiting`: for a digest, the end of quiet hours or another attempt; `failed`: given up, to be sent again by hand;
    `dropped`: set aside or resolved while it waited, so that there was nothing left to tell."""
    attempts: int = Field(default=0, ge=0)
    at: Time
    error: str = Field(default="", max_length=512)
    id: str = ""
    """What the receiver knows this telling by, however often it is tried."""
    occasion: str = ""
    """What is or was to be told: `raised`, `reopened`, `returned`, `resolved`."""
    told: Literal["", "open", "aside", "resolved"] = ""
    """What the receiver knows of the alert; `aside`: that it was open, and somebody here has set it aside since."""
    turn: int = Field(default=0, ge=0)
    """How often something was told."""


class Alert(Model):
    """`id` derives from type + exposure + episode, so that one episode raises one alert however often it is told."""

    id: Id
    project: Id
    network: Id
    type: AlertType
    severity: Severity
    """As shown: `rated`, or info while it is acknowledged."""
    rated: Severity
    status: AlertStatus = AlertStatus.OPEN
    review: bool = False
    """Raised by a first coverage, for somebody to look at once."""
    asset: str = ""
    """Empty for what concerns a whole network."""
    address: str = ""
    protocol: Protocol | None = None
    port: int | None = Field(default=None, ge=0, le=65535)
    episode: int = Field(default=1, ge=1)
    count: int = Field(default=1, ge=1)
    """How often its cause came about within the episode."""
    service: Service = Service()
    group: Id
    """The same for one cause across many hosts in one scan."""
    why: Why
    raised: Time
    updated: Time
    """When its cause, status or marks last changed."""
    acknowledged: Mark | None = None
    snoozed: Mark | None = None
    muted: Mark | None = None
    assignee: str = Field(default="", max_length=128)
    resolution: Resolution | None = None
    comments: int = Field(default=0, ge=0)
    deliveries: dict[str, Delivery] = Field(default_factory=dict)
    """By channel id."""
    version: int = Field(default=1, ge=1)


class TrailEntry(Model):
    """One thing that happened to an alert; `by` is empty where nobody did it. `before`, `after`: the fields that changed."""

    id: Id
    alert: Id
    at: Time
    by: str = ""
    event: str = Field(max_length=32)
    text: str = Field(default="", max_length=1024)
    before: dict[str, str] = Field(default_factory=dict)
    after: dict[str, str] = Field(default_factory=dict)


class Comment(Model):
    id: Id
    alert: Id
    by: str
    at: Time
    edited: Time | None = None
    text: str = Field(min_length=1, max_length=4000)
    version: int = Field(default=1, ge=1)
