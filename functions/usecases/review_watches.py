"""Whether the networks of a project are watched as their schedules say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.core.alert import AlertType, Why
from functions.core.derive import Ground
from functions.core.network import Network
from functions.core.scan import Scan
from functions.core.watch import GOOD, is_whole, missed
from functions.store.networks import Networks
from functions.store.rules import Rules
from functions.store.scans import Scans
from functions.store.ticks import Ticks
from functions.usecases.trouble import Trouble

AT_ONCE = 50
LOOK_BACK = 50
"""Scans: where all of so many were failures or parts, the network is not watched either."""


@dataclass(frozen=True, kw_only=True)
class ReviewWatches:
    networks: Networks
    rules: Rules
    scans: Scans
    ticks: Ticks
    trouble: Trouble
    clock: Callable[[], datetime]

    def __call__(self, *, project: str, cursor: str = "") -> str:
        """A page of networks; the next cursor, empty at the end. Raises StaleVersion: ask again."""
        page = self.networks.list(project, limit=AT_ONCE, cursor=cursor)
        for network in page.items:
            if network.enabled and network.schedule is not None and network.schedule.enabled:
                self._look(network)
        return page.next_cursor

    def _look(self, network: Network) -> None:
        found = missed(
            network,
            last_good=self._last_good(network),
            ticks=self.ticks.list(network.project, network.id, limit=network.alerts.skips_to_alert).items,
            now=self.clock(),
        )
        if found is not None:
            ground = Ground(network, self.rules.policy(network.project, network.id))
            self.trouble.came(ground, AlertType.NOT_WATCHED, Why(text=found.text[:1024]), cause=found.cause)

    def _last_good(self, network: Network) -> Scan | None:
        """The last scan of the whole network that ended well; None where there is none among the last ones."""
        page = self.scans.list(network.project, network=network.id, limit=LOOK_BACK)
        good = (scan for scan in page.items if scan.status in GOOD and is_whole(scan, network))
        return next(good, None)
