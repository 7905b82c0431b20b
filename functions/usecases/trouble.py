"""Alerts of a whole network: one for each time that its trouble comes, counting its causes until it is over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.core.alert import Alert, AlertType, Why
from functions.core.derive import Call, Ground
from functions.core.derive_wider import of_network
from functions.store.watches import Watches
from functions.usecases.settle_alerts import SettleAlerts


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is kept of it is written first: a crash between leaves what the repeat of the same cause finds and raises."""

    watches: Watches
    settle: SettleAlerts
    clock: Callable[[], datetime]

    def came(self, ground: Ground, kind: AlertType, why: Why, *, cause: str) -> None:
        """`cause` tells one time from the next. Raises StaleVersion: ask again."""
        if kind in ground.settings.silent:
            return
        before = self.watches.get(ground.network.project, ground.network.id, kind)
        after = before.came(self.clock(), cause)
        if after != before:
            self.watches.save(after)
        if after.since is None:
            return
        alert = of_network(kind, ground, why, since=after.since, episode=after.episode)
        alert = alert.model_copy(update={"count": after.count})
        self.settle([Call(alert)], project=alert.project)

    def over(self, ground: Ground, kind: AlertType, reason: str) -> None:
        """Raises StaleVersion: ask again."""
        watch = self.watches.get(ground.network.project, ground.network.id, kind)
        if watch.since is None:
            return
        stood = of_network(kind, ground, Why(text=reason), since=watch.since, episode=watch.episode)
        self.settle([], project=stood.project, known=[stood.id], over=lambda _: reason)
        self.watches.save(watch.went())


def is_by_hand(alert: Alert) -> bool:
    return alert.resolution is not None and alert.resolution.by != "" and alert.resolution.gone is None
