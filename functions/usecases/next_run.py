"""The next run of a scan that does not run: what it needs, its record, its workflow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.adapters.workflow import Workflow
from functions.core.errors import Conflict
from functions.core.network import Network
from functions.core.scan import AT_WORK, Scan, ScanEvent
from functions.store.halts import Halts
from functions.store.networks import Networks
from functions.store.scans import Scans

_CLEARED = {"stop": "", "stop_why": "", "stop_asked": None, "paused": None, "resume_at": None}


@dataclass(frozen=True, kw_only=True)
class NextRun:
    scans: Scans
    networks: Networks
    halts: Halts
    workflow: Workflow

    def network_of(self, scan: Scan) -> Network:
        """The network, which may be scanned again. Raises NotFound, Halted, Conflict for one that is off."""
        network = self.networks.get(scan.project, scan.network)
        self.halts.refuse(network.project)
        if not network.enabled:
            raise Conflict(f"network {network.name!r} is off: turn it on to go on scanning it")
        return network

    def record(self, scan: Scan, event: ScanEvent, now: datetime, **changes: Any) -> Scan:
        """One that was never planned is planned then. Raises IllegalTransition, StaleVersion, ScanInProgress."""
        event = event if scan.started else ScanEvent.REPLAN
        return self.scans.transition(scan, event, **{"run": scan.run + 1, "resumed": now, **_CLEARED, **changes})

    def start(self, scan: Scan) -> Scan:
        """The scan, with a workflow if it needs one; once in effect. Raises Unavailable."""
        if scan.status in AT_WORK:
            self.workflow.start(project=scan.project, scan=scan.id, run=scan.run)
        return scan
