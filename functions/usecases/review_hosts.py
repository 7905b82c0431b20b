"""Look at a network's hosts again: what is left of those that an alert tells of, and which alerts of theirs are missing."""

from dataclasses import dataclass

from functions.core.alert import UNRESOLVED, Alert
from functions.core.derive import Ground
from functions.core.derive_wider import OF_HOSTS, is_of_interest
from functions.core.errors import NotFound
from functions.core.exposure import PRESENT
from functions.core.host import Host
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.usecases.settle_hosts import GONE, SettleHosts


@dataclass(frozen=True)
class Looked:
    checked: int
    raised: int
    next_cursor: str


@dataclass(frozen=True, kw_only=True)
class ReviewHosts:
    hosts: Hosts
    exposures: Exposures
    settle: SettleHosts

    def page(self, ground: Ground, *, asset: str = "", cursor: str, limit: int) -> Looked:
        """A page of the network's hosts, or one of them. Raises InvalidInput, StaleVersion."""
        project, network = ground.network.project, ground.network.id
        page = self.hosts.list(project, network, address=asset, limit=limit, cursor=cursor)
        raised = sum(self._look(host, ground) for host in page.items if is_of_interest(host))
        return Looked(len(page.items), raised, page.next_cursor)

    def again(self, alert: Alert, ground: Ground) -> None:
        """The host of an alert that stands. Raises StaleVersion."""
        if alert.type not in OF_HOSTS or alert.status not in UNRESOLVED:
            return
        try:
            host = self.hosts.get(alert.project, alert.network, alert.asset)
        except NotFound:
            self.settle.settle.resolve(alert, GONE)
            return
        self._look(host, ground, alert.id)

    def is_gone(self, host: Host) -> bool:
        """Every port of it that was open has been found closed since, or it is down and has none that may be open."""
        had_ports = False
        for exposure in self.exposures.of_block(host.project, host.network, host.asset, host.asset):
            if exposure.state in PRESENT:
                return False
            had_ports = True
        return had_ports or not host.up

    def _look(self, host: Host, ground: Ground, *known: str) -> int:
        if self.is_gone(host):
            self.settle.gone(host, known=known)
            return 0
        return self.settle.there(host, ground, known=known)
