"""Look at a network's alerts and exposures again, a page at a time: after new rules or settings, and to mend what was missed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from functions.adapters.queue import Queue
from functions.core.alert import Alert, AlertType
from functions.core.derive import Case, Ground, identifiers, of_exposure
from functions.core.errors import NotFound
from functions.core.exposure import Exposure
from functions.core.policy import named_cells
from functions.store.alerts import Alerts
from functions.store.cursor import Page
from functions.store.exposures import Exposures
from functions.usecases.ask_review import ask_review
from functions.usecases.derive_alerts import over
from functions.usecases.ground import MOVED, Grounds
from functions.usecases.review_hosts import ReviewHosts
from functions.usecases.settle_alerts import SettleAlerts
from functions.usecases.settle_hosts import SILENCED
from functions.usecases.trouble import Trouble

ALERTS_AT_ONCE = 200
EXPOSURES_AT_ONCE = 500
HOSTS_AT_ONCE = 100
_ALERTS, _EXPOSURES, _HOSTS = "alerts", "exposures", "hosts"
DELETED = "the network was deleted"


@dataclass(frozen=True)
class Reconciled:
    checked: int
    raised: int
    next_cursor: str
    """Empty when every exposure and host of the network has been looked at."""


@dataclass(frozen=True, kw_only=True)
class ReviewNetwork:
    """`grounds` is asked anew for each page: `fresh` makes one."""

    fresh: Callable[[], Grounds]
    exposures: Exposures
    hosts: ReviewHosts
    alerts: Alerts
    settle: SettleAlerts
    trouble: Trouble
    reviews: Queue

    def __call__(self, *, project: str, network: str, cursor: str = "", asset: str = "") -> str:
        """A page: first of the alerts, to resolve what is over, then of the exposures and hosts. The next cursor, empty at the end.

        Raises StaleVersion: ask again.
        """
        with self.grounds() as grounds:
            return self._page(grounds, project=project, network=network, cursor=cursor, asset=asset)

    @contextmanager
    def grounds(self) -> Iterator[Grounds]:
        """What a page of work is derived from. Where it changed meanwhile, the whole network is looked at again."""
        grounds = self.fresh()
        try:
            yield grounds
        finally:
            for project, network in grounds.moved():
                ask_review(self.reviews, project=project, network=network, cause=MOVED)

    def _page(self, grounds: Grounds, *, project: str, network: str, cursor: str, asset: str) -> str:
        phase, _, inner = cursor.partition("/")
        ground = grounds.of(project, network)
        if phase not in (_EXPOSURES, _HOSTS):
            page = self._standing(project, network, asset, inner)
            for alert in page.items:
                self._look_again(alert, grounds, ground)
            after = f"{_EXPOSURES}/" if ground is not None else ""
            return f"{_ALERTS}/{page.next_cursor}" if page.next_cursor else after
        if ground is None:
            return ""
        if phase == _HOSTS:
            looked = self.hosts.page(ground, asset=asset, cursor=inner, limit=HOSTS_AT_ONCE)
            return f"{_HOSTS}/{looked.next_cursor}" if looked.next_cursor else ""
        done = self._raise_missing(ground, grounds, asset=asset, cursor=inner, limit=EXPOSURES_AT_ONCE)
        return f"{_EXPOSURES}/{done.next_cursor}" if done.next_cursor else f"{_HOSTS}/"

    def reconcile(self, *, project: str, network: str, cursor: str, limit: int) -> Reconciled:
        """One page of the exposures, then of the hosts: raise the alerts that are missing.

        Raises NotFound, InvalidInput, StaleVersion.
        """
        with self.grounds() as grounds:
            ground = grounds.of(project, network)
            if ground is None:
                raise NotFound(f"there is no network {network} in this project")
            phase, _, inner = cursor.partition("/")
            if phase == _HOSTS:
                looked = self.hosts.page(ground, cursor=inner, limit=limit)
                following = f"{_HOSTS}/{looked.next_cursor}" if looked.next_cursor else ""
                return Reconciled(looked.checked, looked.raised, following)
            done = self._raise_missing(ground, grounds, cursor=cursor, limit=limit)
            return done if done.next_cursor else replace(done, next_cursor=f"{_HOSTS}/")

    def case(self, alert: Alert, grounds: Grounds, ground: Ground) -> Case | None:
        """The alert's exposure as it stands; None for a cell that was never open, and for what is about no cell."""
        if alert.port is None or alert.protocol is None:
            return None
        try:
            found = self.exposures.get(alert.project, alert.network, alert.asset, alert.protocol, alert.port)
        except NotFound:
            return None
        return self._case(found, grounds, ground)

    def _case(self, exposure: Exposure, grounds: Grounds, ground: Ground) -> Case:
        tags = grounds.host_tags(ground, exposure.asset)
        return Case(exposure=exposure, ground=ground, at=self.settle.clock(), host_tags=tags)

    def _standing(self, project: str, network: str, asset: str, cursor: str) -> Page[Alert]:
        if asset:
            return Page(self.alerts.of_asset(project, network, asset))
        return self.alerts.live_of_network(project, network, cursor=cursor, limit=ALERTS_AT_ONCE)

    def _look_again(self, alert: Alert, grounds: Grounds, ground: Ground | None) -> None:
        if ground is None:
            self.settle.resolve(alert, DELETED)
        elif alert.type in ground.settings.silent:
            self.settle.resolve(alert, SILENCED)
        elif case := self.case(alert, grounds, ground):
            self._settle(case, grounds, known=(alert.id,))
        else:
            self._look_wider(alert, ground)

    def _look_wider(self, alert: Alert, ground: Ground) -> None:
        match alert.type:
            case AlertType.EXPECTED_CLOSED:
                if not self._is_named(alert, ground):
                    self.settle.resolve(alert, "no rule expects it any more")
            case AlertType.NEW_HOST | AlertType.ANSWERS_EVERYTHING:
                self.hosts.again(alert, ground)
            case AlertType.NOT_WATCHED if not _is_scheduled(ground):
                self.trouble.over(ground, AlertType.NOT_WATCHED, "nothing is scheduled for the network any more")

    def _is_named(self, alert: Alert, ground: Ground) -> bool:
        cell = (alert.asset, alert.protocol, alert.port)
        named = named_cells(ground.policy, self.settle.clock())
        return any((each.asset, each.protocol, each.port) == cell for each in named)

    def _raise_missing(
        self, ground: Ground, grounds: Grounds, *, cursor: str, limit: int, asset: str = ""
    ) -> Reconciled:
        project = ground.network.project
        page = self.exposures.list(project, ground.network.id, address=asset, limit=limit, cursor=cursor)
        called = [
            (case, calls)
            for case in (self._case(each, grounds, ground) for each in page.items)
            if (calls := [call for call in of_exposure(case) if not call.waiting])
        ]
        raised = self.settle((call for _, calls in called for call in calls), project=project)
        for case, _ in called if raised else ():
            self._follow(case, grounds)
        return Reconciled(len(page.items), raised, page.next_cursor)

    def _settle(self, case: Case, grounds: Grounds, *, known: Iterable[str] = ()) -> None:
        ids = (*known, *identifiers(case.exposure))
        self.settle(of_exposure(case), project=case.exposure.project, known=ids, over=partial(over, case))
        self._follow(case, grounds)

    def _follow(self, case: Case, grounds: Grounds) -> None:
        """Settle again where the exposure changed since it was read: that change may have been evaluated before this was written."""
        was = case.exposure
        now = self.exposures.get(was.project, was.network, was.asset, was.protocol, was.port)
        if now.version != was.version:
            self._settle(self._case(now, grounds, case.ground), grounds, known=identifiers(was))


def _is_scheduled(ground: Ground) -> bool:
    network = ground.network
    return network.enabled and network.schedule is not None and network.schedule.enabled
