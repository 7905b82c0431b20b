"""Take what is open now for the baseline: page by page, so that a network of any size is accepted by calls that end."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from functions.core.acceptance import accepted
from functions.core.errors import StaleVersion, Unavailable
from functions.core.exposure import Exposure
from functions.store.exposures import Exposures
from functions.store.networks import Networks
from functions.usecases.side_by_side import TRIES, side_by_side

PAGE = 200


@dataclass(frozen=True)
class AcceptedPage:
    examined: int
    accepted: int
    next_cursor: str
    """Empty when every exposure of the network has been looked at."""


@dataclass(frozen=True, kw_only=True)
class AcceptBaseline:
    """Each exposure written wakes the consumer that resolves its alerts. Accepting again changes nothing."""

    networks: Networks
    exposures: Exposures

    def __call__(self, *, project: str, network: str, cursor: str, now: datetime) -> AcceptedPage:
        """One page. Raises NotFound, InvalidInput, Unavailable (ask again with the same cursor)."""
        self.networks.get(project, network)
        page = self.exposures.list(project, network, limit=PAGE, cursor=cursor)
        done = side_by_side(partial(self._accept, now), list(page.items))
        return AcceptedPage(len(page.items), sum(done), page.next_cursor)

    def _accept(self, now: datetime, exposure: Exposure) -> bool:
        for _ in range(TRIES):
            changed = accepted(exposure, now)
            if changed is None:
                return False
            try:
                self.exposures.save(changed)
            except StaleVersion as stale:
                exposure = Exposure.model_validate(stale.current)
                continue
            return True
        raise Unavailable(f"port {exposure.port} of {exposure.asset} keeps changing under our hands")
