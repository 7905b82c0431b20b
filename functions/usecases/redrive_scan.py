"""Redrive a scan that ended without all of its cells: its next run takes up the chunks that are not covered, and no others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core.errors import Conflict, IllegalTransition, NotFound
from functions.core.network import Network
from functions.core.scan import AT_WORK, REDRIVABLE, Scan, ScanEvent, without_cells
from functions.core.scope import check_scope
from functions.core.targets import parse_exclusions, parse_targets
from functions.usecases.bounds import Bounds
from functions.usecases.next_run import NextRun


@dataclass(frozen=True, kw_only=True)
class RedriveScan:
    next_run: NextRun
    bounds: Bounds

    def __call__(self, *, project: str, scan: str, now: datetime) -> Scan:
        """The scan in its next run, with what allows it now; the plan leaves out what is excluded by now.

        Asked again, it heals a crash between the record and the workflow. Raises NotFound, IllegalTransition for a scan that
        is live, or that ended whole or cancelled, Conflict for a confirmation and for a network that is gone or off, Halted,
        OutOfScope where authority or exclusions allow it no more, ScanInProgress, Unavailable.
        """
        found = self.next_run.scans.get(project, scan)
        if found.status in AT_WORK and found.redriven == found.run and not found.stop:
            return self.next_run.start(found)
        self._check(found)
        network = self._network_of(found)
        exclusions = self._exclusions(found, network)
        leaned = self.bounds.lean(project, found.snapshot.targets, exclusions, at=now)
        snapshot = found.snapshot.model_copy(update={"authorities": leaned})
        changes: dict[str, Any] = {"snapshot": snapshot, "redriven": found.run + 1, "ended": None, "reason": ""}
        return self.next_run.start(self.next_run.record(found, ScanEvent.REDRIVE, now, **changes))

    def _check(self, scan: Scan) -> None:
        if scan.status not in REDRIVABLE:
            current = scan.model_copy(update={"snapshot": without_cells(scan.snapshot)}).model_dump(mode="json")
            raise IllegalTransition(f"a scan that is {scan.status} cannot be redriven", current=current)
        if scan.kind != "scan":
            raise Conflict("a second look is not redriven: the network's next scan looks again")

    def _network_of(self, scan: Scan) -> Network:
        try:
            return self.next_run.network_of(scan)
        except NotFound:
            raise Conflict("the scan's network is gone: nothing of it may be scanned any more") from None

    def _exclusions(self, scan: Scan, network: Network) -> tuple[str, ...]:
        """All that is left out by now. Raises OutOfScope where nothing is left, or the network has given targets up."""
        admit_loopback = self.bounds.admit_loopback
        own = (*scan.snapshot.exclusions, *network.exclusions)
        exclusions = self.bounds.excluded(dict.fromkeys(own))
        check_scope(
            parse_targets(scan.snapshot.targets, field="targets", admit_loopback=admit_loopback),
            parse_exclusions(exclusions, field="exclusions"),
            targets=parse_targets(network.targets, field="network.targets", admit_loopback=admit_loopback),
            admit_loopback=admit_loopback,
        )
        return exclusions
