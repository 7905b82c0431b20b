"""Take the state as it is for the baseline: page by page, so that a network of any size is accepted by calls that end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from functions.core.acceptance import accepted, accepted_host
from functions.core.errors import StaleVersion, Unavailable
from functions.core.exposure import Exposure
from functions.core.host import Host
from functions.core.model import Model
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.usecases.side_by_side import TRIES, side_by_side

PAGE = 200
_HOSTS = "hosts"

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class AcceptedPage:
    """`examined`, `accepted`: exposures; `hosts`: those that were accepted."""

    examined: int = 0
    accepted: int = 0
    hosts: int = 0
    next_cursor: str = ""
    """Empty when every exposure and host of the network has been looked at."""


@dataclass(frozen=True, kw_only=True)
class AcceptBaseline:
    """Each record written wakes the consumer that resolves its alerts. Accepting again changes nothing."""

    networks: Networks
    exposures: Exposures
    hosts: Hosts

    def __call__(self, *, project: str, network: str, cursor: str, by: str, now: datetime) -> AcceptedPage:
        """One page, of the exposures, then of the hosts. Raises NotFound, InvalidInput, Unavailable (ask again with the same cursor)."""
        self.networks.get(project, network)
        phase, _, inner = cursor.partition("/")
        if phase == _HOSTS:
            hosts = self.hosts.list(project, network, limit=PAGE, cursor=inner)
            done = side_by_side(partial(self._host, by, now), list(hosts.items))
            return AcceptedPage(
                hosts=sum(done), next_cursor=f"{_HOSTS}/{hosts.next_cursor}" if hosts.next_cursor else ""
            )
        page = self.exposures.list(project, network, limit=PAGE, cursor=cursor)
        done = side_by_side(partial(self._exposure, by, now), list(page.items))
        return AcceptedPage(len(page.items), sum(done), next_cursor=page.next_cursor or f"{_HOSTS}/")

    def _exposure(self, by: str, now: datetime, exposure: Exposure) -> bool:
        return _saved(exposure, lambda found: accepted(found, now, by), self.exposures.save)

    def _host(self, by: str, now: datetime, host: Host) -> bool:
        return _saved(host, lambda found: accepted_host(found, now, by), self.hosts.save)


def _saved(found: M, change: Callable[[M], M | None], save: Callable[[M], None]) -> bool:
    """Whether there was anything to change."""
    for _ in range(TRIES):
        changed = change(found)
        if changed is None:
            return False
        try:
            save(changed)
        except StaleVersion as stale:
            found = type(found).model_validate(stale.current)
            continue
        return True
    raise Unavailable("what is to be accepted keeps changing under our hands")
