"""Delete a scan: its documents first, its record last, so that a repeat finds what a crash left."""

from dataclasses import dataclass

from functions.adapters.scan_objects import ScanObjects
from functions.core.errors import IllegalTransition, StaleVersion, Unavailable
from functions.core.scan import LIVE
from functions.store.ledger import Ledger
from functions.store.live import Live
from functions.store.scans import Scans

MOST = 5000
"""Objects and items that one request removes of each kind."""


@dataclass(frozen=True, kw_only=True)
class DeleteScan:
    """What the scan found out stays: exposures, hosts and coverage are the network's."""

    scans: Scans
    ledger: Ledger
    live: Live
    objects: ScanObjects

    def __call__(self, *, project: str, scan: str, expected: int) -> None:
        """Raises NotFound, StaleVersion, IllegalTransition for a live one, Unavailable where a repeat has to go on."""
        found = self.scans.get(project, scan)
        current = found.model_dump(mode="json")
        if found.status in LIVE:
            raise IllegalTransition("a live scan is not deleted: cancel it, or wait for its end", current=current)
        if found.version != expected:
            raise StaleVersion(f"the scan is at version {found.version}, not {expected}", current=current)
        whole = (
            self.objects.remove(project, scan, most=MOST)
            and self.live.forget(project, f"scan:{scan}", most=MOST)
            and self.ledger.remove(project, scan, most=MOST)
        )
        if not whole:
            raise Unavailable("a part of the scan is removed: ask again to remove the rest")
        self.scans.delete(project, scan, expected=expected)
