"""Mend what a crash left behind: scans never started, scans whose workflow ended without them, cancels not obeyed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from functions.adapters.queue import Queue
from functions.adapters.workflow import Workflow
from functions.core.errors import VedetteError
from functions.core.scan import LIVE, Scan
from functions.store.scans import Scans

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


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """`endings`: the queue of *finish*, which alone ends scans."""

    scans: Scans
    workflow: Workflow
    endings: Queue

    def __call__(self, *, now: datetime, on_error: Callable[[str, VedetteError], None]) -> dict[str, Mended]:
        """What was done to each live scan. One that cannot be mended, or not even read, keeps no other waiting."""
        done: dict[str, Mended] = {}
        for project, scan in self.scans.all_live():
            try:
                done[scan] = self._mend(self.scans.get(project, scan), now)
            except VedetteError as error:
                on_error(scan, error)
        return done

    def _mend(self, scan: Scan, now: datetime) -> Mended:
        if scan.status not in LIVE:
            return Mended.NOTHING
        status = self.workflow.status(scan=scan.id, run=scan.run)
        if not status:
            return self._never_started(scan, now)
        if status != "RUNNING":
            return self._end(scan, f"the workflow ended ({status.lower()}) without finishing the scan")
        return self._backstop(scan, now)

    def _never_started(self, scan: Scan, now: datetime) -> Mended:
        if now - scan.created < START_AFTER:
            return Mended.NOTHING
        if scan.stop or now - scan.created > GIVE_UP_AFTER:
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
