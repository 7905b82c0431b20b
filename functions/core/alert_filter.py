"""Which alerts are asked for."""

from typing import Literal

from pydantic import Field

from functions.core.alert import UNRESOLVED, Alert, AlertStatus, AlertType, Severity
from functions.core.model import Id, Model, Protocol, Time

_PLAIN = ("type", "severity", "assignee", "network", "port", "protocol", "group")


class AlertFilter(Model):
    """All of it must hold; what is left empty holds for every alert."""

    type: AlertType | None = None
    severity: Severity | None = None
    """As shown: what is acknowledged is info."""
    status: AlertStatus | Literal["unresolved"] | None = None
    assignee: str = Field(default="", max_length=128)
    acknowledged: bool | None = None
    network: Id | Literal[""] = ""
    address: str = Field(default="", max_length=300)
    """An address or a hostname; not with `cidr`."""
    cidr: str = Field(default="", max_length=64)
    port: int | None = Field(default=None, ge=0, le=65535)
    protocol: Protocol | None = None
    group: Id | Literal[""] = ""
    since: Time | None = None
    """Raised then or later."""
    before: Time | None = None
    """Raised before then."""

    @property
    def statuses(self) -> tuple[AlertStatus, ...]:
        if self.status == "unresolved":
            return tuple(status for status in AlertStatus if status in UNRESOLVED)
        return tuple(AlertStatus) if self.status is None else (AlertStatus(self.status),)

    def holds(self, alert: Alert) -> bool:
        """All but the address, for which the store knows ranges. `alert` as of now."""
        return (
            alert.status in self.statuses
            and all(getattr(self, name) in (None, "", getattr(alert, name)) for name in _PLAIN)
            and (self.acknowledged is None or self.acknowledged == (alert.acknowledged is not None))
            and (self.since is None or self.since <= alert.raised)
            and (self.before is None or alert.raised < self.before)
        )

    @property
    def is_empty(self) -> bool:
        return self == AlertFilter()
