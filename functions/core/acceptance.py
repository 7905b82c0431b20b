"""What somebody takes for part of the baseline: an open port with the service on it, a host where none was."""

from datetime import datetime

from functions.core.exposure import PRESENT, Exposure
from functions.core.host import Host


def accepted(exposure: Exposure, at: datetime, by: str) -> Exposure | None:
    """As if its opening had been first coverage; None where there is nothing to accept, or it was accepted as it is."""
    if exposure.state not in PRESENT or not exposure.answering or is_accepted(exposure):
        return None
    opening = exposure.opening.model_copy(update={"baseline": True})
    who = {"accepted": at, "accepted_by": by, "version": exposure.version + 1}
    return exposure.model_copy(update={"opening": opening, "confirmed": True, "reopened": 0, **who})


def is_accepted(exposure: Exposure) -> bool:
    """With all that is known of it: its service may have changed since."""
    return exposure.accepted is not None and exposure.accepted >= exposure.last_changed


def accepted_host(host: Host, at: datetime, by: str) -> Host | None:
    """None where nothing about it is an alert, or it is not there to be accepted."""
    if not host.up or not (is_new(host) or answers_everything(host)):
        return None
    return host.model_copy(update={"accepted": at, "accepted_by": by, "version": host.version + 1})


def is_new(host: Host) -> bool:
    """Where an earlier coverage found none, and nobody said that it belongs there."""
    return not host.baseline and host.accepted is None


def answers_everything(host: Host) -> datetime | None:
    """Since when; None too where somebody has accepted that it does."""
    since = host.answers_everything
    return since if since is not None and (host.accepted is None or host.accepted < since) else None
