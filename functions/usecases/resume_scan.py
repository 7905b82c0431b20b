"""Resume a paused scan: its next run goes on with what is unfinished."""

from dataclasses import dataclass
from datetime import datetime

from functions.adapters.workflow import Workflow
from functions.core.errors import Conflict, IllegalTransition
from functions.core.network import Network
from functions.core.scan import Scan, ScanEvent, ScanStatus
from functions.core.stop import Stop
from functions.core.window import next_open
from functions.store.halts import Halts
from functions.store.networks import Networks
from functions.store.scans import Scans


@dataclass(frozen=True, kw_only=True)
class ResumeScan:
    scans: Scans
    networks: Networks
    halts: Halts
    workflow: Workflow

    def __call__(self, *, project: str, scan: str, now: datetime) -> Scan:
        """The scan in its next run; outside of its network's hours it stays paused and goes on by itself when they come.

        Asked again, it heals a crash between the record and the workflow. Raises NotFound, IllegalTransition for a scan that
        is not paused, Halted, Conflict for a network that is off, Unavailable.
        """
        found = self.scans.get(project, scan)
        if found.status is ScanStatus.PAUSED:
            network = self.networks.get(project, found.network)
            self._check(network)
            opens = next_open(network.window, now) if network.window else now
            if opens != now:
                return self._wait(found, opens)
            found = self._go_on(found, now)
        elif found.resumed is None or found.stop:
            raise IllegalTransition(
                f"a scan that is {found.status} cannot resume", current=found.model_dump(mode="json")
            )
        if found.status in {ScanStatus.PLANNED, ScanStatus.RUNNING}:
            self.workflow.start(project=project, scan=scan, run=found.run)
        return found

    def _check(self, network: Network) -> None:
        self.halts.refuse(network.project)
        if not network.enabled:
            raise Conflict(f"network {network.name!r} is off: turn it on to go on scanning it")

    def _wait(self, scan: Scan, opens: datetime | None) -> Scan:
        if scan.stop == Stop.WINDOW and scan.resume_at == opens:
            return scan
        why = "the network may not be scanned at this hour"
        return self.scans.update(scan, stop=Stop.WINDOW, stop_why=why, resume_at=opens)

    def _go_on(self, scan: Scan, now: datetime) -> Scan:
        event = ScanEvent.RESUME if scan.started else ScanEvent.REPLAN
        cleared = {"stop": "", "stop_why": "", "stop_asked": None, "paused": None, "resume_at": None}
        return self.scans.transition(scan, event, run=scan.run + 1, resumed=now, **cleared)
