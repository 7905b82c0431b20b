"""Cancel a scan: ask, and let its workers save what they found; where no workflow was ever started, end it at once."""

from dataclasses import dataclass
from datetime import datetime

from functions.adapters.workflow import Workflow
from functions.core.errors import IllegalTransition
from functions.core.scan import LIVE, Scan, ScanEvent, ScanStatus
from functions.store.ledger import Ledger
from functions.store.scans import Scans


@dataclass(frozen=True, kw_only=True)
class CancelScan:
    scans: Scans
    ledger: Ledger
    workflow: Workflow

    def __call__(self, *, project: str, scan: str, now: datetime) -> Scan:
        """The scan as it then stands; asking again is the same. Raises NotFound, IllegalTransition when it ended otherwise.

        The workers' request is written first: once the scan says that it is being cancelled, they will learn of it.
        """
        found = self.scans.get(project, scan)
        if found.status is ScanStatus.CANCELLED:
            return found
        if found.status not in LIVE:
            raise IllegalTransition(f"the scan is {found.status} already", current=found.model_dump(mode="json"))
        self.ledger.request_stop(project, scan, "cancel")
        asked = found if found.stop else self.scans.request_stop(project, scan, now=now)
        if asked.status is ScanStatus.PLANNED and not self.workflow.status(scan=scan, run=asked.run):
            return self.scans.transition(asked, ScanEvent.CANCEL, ended=now, reason="cancelled before it started")
        return asked
