"""Mend what a crash left behind: scans never started, ended unseen, or told to stop in vain; hold to hours that were edited, and resume what waits for its time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from functions.adapters.queue import Queue
from functions.adapters.workflow import Workflow
from functions.core.errors import Halted, NotFound, VedetteError
from functions.core.halt import Halt
from functions.core.scan import AT_WORK, Scan, ScanStatus
from functions.core.stop import Stop
from functions.core.window import is_open
from functions.store.halts import Halts
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.usecases.bounds import Bounds
from functions.usecases.resume_scan import ResumeScan
from functions.usecases.stop_scan import StopScan

START_AFTER = timedelta(minutes=2)
"""Whoever created the scan is about to start it: younger ones are left alone."""
GIVE_UP_AFTER = timedelta(hours=1)
STOP_AFTER = timedelta(minutes=10)
"""A worker saves and exits within the 120 s of its stop time-out; the rest is for ingest."""


class Mended(StrEnum):
    NOTHING = "nothing"
    STARTED = "started"
    ENDED = "ended"
    STOPPED = "stopped"
    HALTED = "halted"
    RESUMED = "resumed"


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """`endings`: the queue of *finish*, which alone ends scans."""

    scans: Scans
    networks: Networks
    halts: Halts
    workflow: Workflow
    endings: Queue
    stop_scan: StopScan
    resume_scan: ResumeScan
    bounds: Bounds

    def __call__(self, *, now: datetime, on_error: Callable[[str, VedetteError], None]) -> dict[str, Mended]:
        """What was done to each live scan. One that cannot be mended, or not even read, keeps no other waiting."""
        done: dict[str, Mended] = {}
        halts: dict[str, Halt | None] = {}
        for project, scan in self.scans.all_live():
            try:
                if project not in halts:
                    halts[project] = self.halts.over(project)
                done[scan] = self._mend(self.scans.get(project, scan), halts[project], now)
            except VedetteError as error:
                on_error(scan, error)
        return done

    def _mend(self, scan: Scan, halt: Halt | None, now: datetime) -> Mended:
        if scan.status is ScanStatus.PAUSED:
            return self._resume(scan, now)
        if scan.status not in AT_WORK:
            return Mended.NOTHING
        if found := self._forbidden(scan, halt, now):
            self.stop_scan(project=scan.project, scan=scan.id, stop=found[0], why=found[1], now=now)
            return Mended.HALTED if found[0] is Stop.HALT else Mended.STOPPED
        status = self.workflow.status(scan=scan.id, run=scan.run)
        if not status:
            return self._never_started(scan, now)
        if status != "RUNNING":
            return self._end(scan, f"the workflow ended ({status.lower()}) without finishing the scan")
        return self._backstop(scan, now)

    def _forbidden(self, scan: Scan, halt: Halt | None, now: datetime) -> tuple[Stop, str] | None:
        """What stops the scan, and why; None is the answer that nothing new does."""
        if scan.stop in {Stop.AUTHORITY, Stop.CANCEL}:
            return None
        if lapsed := self.bounds.lapsed(scan, at=now):
            return Stop.AUTHORITY, lapsed
        if halt and scan.stop != Stop.HALT:
            return Stop.HALT, halt.describe()
        if not scan.stop and scan.status is ScanStatus.RUNNING and not self._may_send(scan, now):
            return Stop.WINDOW, "the hours in which the network may be scanned are over"
        return None

    def _may_send(self, scan: Scan, now: datetime) -> bool:
        """By its network's hours as they are by now: tasks keep to those that were told when they began."""
        try:
            window = self.networks.get(scan.project, scan.network).window
        except NotFound:
            return True  # it is deleted: there are no hours any more
        return window is None or is_open(window, now)

    def _resume(self, scan: Scan, now: datetime) -> Mended:
        """What a halt still holds, or a network that is off, waits on."""
        if scan.resume_at is None or now < scan.resume_at:
            return Mended.NOTHING
        try:
            resumed = self.resume_scan(project=scan.project, scan=scan.id, now=now)
        except Halted:
            return Mended.NOTHING
        return Mended.RESUMED if resumed.status in AT_WORK else Mended.NOTHING

    def _never_started(self, scan: Scan, now: datetime) -> Mended:
        asked = scan.resumed or scan.created
        if now - asked < START_AFTER:
            return Mended.NOTHING
        if scan.stop or now - asked > GIVE_UP_AFTER:
            return self._end(scan, "the workflow could not be started")
        self.workflow.start(project=scan.project, scan=scan.id, run=scan.run)
        return Mended.STARTED

    def _backstop(self, scan: Scan, now: datetime) -> Mended:
        """StopExecution where a request to stop was not obeyed; finish follows once the workflow has ended."""
        if scan.stop_asked is None or now - scan.stop_asked < STOP_AFTER:
            return Mended.NOTHING
        self.workflow.stop(scan=scan.id, run=scan.run, cause=f"asked to {scan.stop} and did not in time")
        return Mended.STOPPED

    def _end(self, scan: Scan, reason: str) -> Mended:
        self.endings.send({"project": scan.project, "scan": scan.id, "run": scan.run, "reason": reason})
        return Mended.ENDED
