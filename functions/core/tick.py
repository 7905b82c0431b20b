"""What a tick of a network's schedule came to."""

from enum import StrEnum

from pydantic import Field

from functions.core.model import Id, Model, Time


class TickOutcome(StrEnum):
    STARTED = "started"
    SKIPPED = "skipped"
    """The previous scan of the network was live."""
    REFUSED = "refused"
    """The network's targets are out of scope, or its settings are not valid any more."""
    HELD = "held"
    """A halt of the project or of the organisation was in force."""
    OFF = "off"
    """The network has no schedule, or it is switched off: a tick that was under way when that changed."""


class Tick(Model):
    """`scheduled` is Scheduler's own time for it: with the network, the tick's identity."""

    project: Id
    network: Id
    scheduled: Time
    recorded: Time
    outcome: TickOutcome
    scan: Id | None = None
    """The scan that it started, or the live one that it was skipped for."""
    reason: str = Field(default="", max_length=512)
