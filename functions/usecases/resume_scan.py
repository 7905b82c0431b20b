"""Resume a paused scan: its next run goes on with what is unfinished."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.errors import IllegalTransition
from functions.core.scan import Scan, ScanEvent, ScanStatus
from functions.core.stop import Stop
from functions.core.window import next_open
from functions.usecases.next_run import NextRun


@dataclass(frozen=True, kw_only=True)
class ResumeScan:
    next_run: NextRun

    def __call__(self, *, project: str, scan: str, now: datetime) -> Scan:
        """The scan in its next run; outside of its network's hours it stays paused and goes on by itself when they come.

        Asked again, it heals a crash between the record and the workflow. Raises NotFound, IllegalTransition for a scan that
        is not paused, Halted, Conflict for a network that is off, Unavailable.
        """
        found = self.next_run.scans.get(project, scan)
        if found.status is ScanStatus.PAUSED:
            network = self.next_run.network_of(found)
            opens = next_open(network.window, now) if network.window else now
            if opens != now:
                return self._wait(found, opens)
            found = self.next_run.record(found, ScanEvent.RESUME, now)
        elif found.resumed is None or found.stop:
            raise IllegalTransition(
                f"a scan that is {found.status} cannot resume", current=found.model_dump(mode="json")
            )
        return self.next_run.start(found)

    def _wait(self, scan: Scan, opens: datetime | None) -> Scan:
        if scan.stop == Stop.WINDOW and scan.resume_at == opens:
            return scan
        why = "the network may not be scanned at this hour"
        return self.next_run.scans.update(scan, stop=Stop.WINDOW, stop_why=why, resume_at=opens)
