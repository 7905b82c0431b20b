"""Alerts of hosts as they stand: raised while a host is there, resolved when it is gone or somebody has accepted it."""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.core.alert import UNRESOLVED, Alert, AlertType
from functions.core.derive import Ground
from functions.core.derive_wider import host_identifiers, of_host
from functions.core.host import Host
from functions.usecases.settle_alerts import SettleAlerts

ACCEPTED = "somebody took it for part of the baseline"
CLEARED = "it does not answer on everything any more"
GONE = "gone in covered scope: nothing of it is open any more"
SILENCED = "the network's settings silence it"


@dataclass(frozen=True, kw_only=True)
class SettleHosts:
    settle: SettleAlerts

    def there(self, host: Host, ground: Ground, *, known: Iterable[str] = ()) -> int:
        """How many alerts were raised or came back. `known`: further ids that it may have raised. Raises StaleVersion."""
        ids = (*host_identifiers(host).values(), *known)
        calls = of_host(host, ground)
        return self.settle(calls, project=host.project, known=ids, over=lambda alert: _over(alert, host, ground))

    def gone(self, host: Host, *, known: Iterable[str] = ()) -> None:
        """What somebody resolved stays theirs: a host is new once. Raises StaleVersion."""
        ids = dict.fromkeys((*host_identifiers(host).values(), *known))
        for alert in self.settle.alerts.find_all(host.project, ids).values():
            if alert.status in UNRESOLVED:
                self.settle.resolve(alert, GONE)


def _over(alert: Alert, host: Host, ground: Ground) -> str:
    if alert.type in ground.settings.silent:
        return SILENCED
    stands = host_identifiers(host).get(alert.type) == alert.id
    return CLEARED if alert.type is AlertType.ANSWERS_EVERYTHING and not stands else ACCEPTED
