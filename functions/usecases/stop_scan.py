"""Ask a scan to stop: to its end, or held to go on later. Its workers save what they found."""

from dataclasses import dataclass
from datetime import datetime

from functions.adapters.workflow import Workflow
from functions.core.errors import IllegalTransition, StaleVersion
from functions.core.scan import LIVE, Scan, ScanEvent, ScanStatus
from functions.core.stop import HOLDS, Stop
from functions.store.ledger import Ledger
from functions.store.scans import Scans

_WEAKEST_FIRST = (Stop.BUDGET, Stop.MONEY, Stop.WINDOW, Stop.PAUSE, Stop.HALT, Stop.AUTHORITY, Stop.CANCEL)
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class StopScan:
    scans: Scans
    ledger: Ledger
    workflow: Workflow

    def __call__(self, *, project: str, scan: str, stop: Stop, why: str, now: datetime) -> Scan:
        """The scan as it then stands; asking again is the same, and a stronger request takes a weaker one's place.

        `why`: who asked, for what reason, for people. Raises NotFound, IllegalTransition for a scan that has ended otherwise.
        """
        for _ in range(_TRIES):
            found = self.scans.get(project, scan)
            try:
                return self._stop(found, stop, why, now)
            except (IllegalTransition, StaleVersion):
                if self.scans.get(project, scan) == found:
                    raise
        raise StaleVersion("the scan keeps changing; ask again")

    def _stop(self, found: Scan, stop: Stop, why: str, now: datetime) -> Scan:
        if found.status is ScanStatus.CANCELLED and stop is Stop.CANCEL:
            return found
        if found.status not in LIVE:
            raise IllegalTransition(f"the scan is {found.status} already", current=found.model_dump(mode="json"))
        if found.stop and _WEAKEST_FIRST.index(found.stop) > _WEAKEST_FIRST.index(stop):
            return found
        if found.status is ScanStatus.PAUSED:
            return self._stop_paused(found, stop, why, now)
        # The workers' request first: once the scan says that it stops, they will learn of it.
        self.ledger.request_stop(found.project, found.id, stop, run=found.run)
        asked = found if found.stop == stop else self.scans.request_stop(found, stop, now=now, why=why)
        if asked.status is ScanStatus.PLANNED and not self.workflow.status(scan=found.id, run=asked.run):
            return self._stop_unstarted(asked, stop, now)
        return asked

    def _stop_unstarted(self, scan: Scan, stop: Stop, now: datetime) -> Scan:
        if stop is Stop.CANCEL:
            return self.scans.transition(scan, ScanEvent.CANCEL, ended=now, reason="cancelled before it started")
        if stop in HOLDS:
            return self.scans.transition(scan, ScanEvent.PAUSE, paused=now, stop_asked=None)
        return self.scans.transition(scan, ScanEvent.FAIL, ended=now, reason=scan.stop_why)

    def _stop_paused(self, scan: Scan, stop: Stop, why: str, now: datetime) -> Scan:
        """Nothing of it runs: it ends here and now, or stays paused, from now on for another reason."""
        if stop is Stop.CANCEL:
            self.ledger.request_stop(scan.project, scan.id, stop, run=scan.run)
            return self.scans.transition(scan, ScanEvent.CANCEL, ended=now, stop=stop, reason="cancelled while paused")
        if stop is not Stop.PAUSE or scan.stop == stop:
            return scan
        return self.scans.update(scan, stop=stop, stop_why=why[:256], resume_at=None)
