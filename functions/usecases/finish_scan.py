"""End a scan, however its workflow ended: take in what was saved, stop what still runs, derive the status from coverage."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import Corrupt, IllegalTransition, InvalidInput, NotFound, Superseded
from functions.core.metering import Actual, actual, used
from functions.core.prices import Machine
from functions.core.scan import AT_WORK, Scan, ScanCounts, ScanEvent
from functions.core.scan_end import counted, ending, explained, stop_of
from functions.core.stop import HOLDS, Stop
from functions.core.window import next_open
from functions.store.allotments import Allotments
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.usecases.count_task import count_task
from functions.usecases.ingest_chunk import IngestChunk

STOP = "end"
"""What workers are asked when their workflow is no more; `cancel` is for the user to ask."""
GRACE_S = 20
_POLL_S = 1
BUDGET_PAUSE = timedelta(minutes=5)
"""How long a scan rests that got no packets to send."""
_UNSETTLED = frozenset({ChunkStatus.WAITING, ChunkStatus.CLAIMED})
_ENDED = frozenset({ChunkStatus.INGESTED, ChunkStatus.FAILED, ChunkStatus.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class FinishScan:
    """Any number of times, at once or later: a scan that is paused or has ended is left alone."""

    scans: Scans
    ledger: Ledger
    networks: Networks
    allotments: Allotments
    ingest: IngestChunk
    machine: Machine
    clock: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep

    def __call__(
        self, *, project: str, scan: str, run: int = 0, cause: str = "", note: Callable[[], None] = lambda: None
    ) -> Scan:
        """The scan as it then stands. `run`: the one that ended; a later one is left alone. `cause`: what ended the workflow, empty for its own last step.
        `note`: adds what this step has used to what the scan has, before that is summed up.

        It stays live while a worker within its lease still holds a chunk, though asked to stop: the sweeper comes back.
        Raises NotFound, Unavailable.
        """
        found = self.scans.get(project, scan)
        if found.status not in AT_WORK or (run and run < found.run):
            return found
        self._take_in(found)
        stop = stop_of(self.scans.get(project, scan), self._list(found))
        if stop not in HOLDS:
            self._end_waiting(found, stop, cause or "the workflow ended before the chunk was scanned")
        self._release_lost(found, stop, cause or "the workflow ended before the chunk was scanned")
        chunks = self._list(found)
        open_ones = {chunk.status for chunk in chunks} - _ENDED
        if open_ones and not (stop in HOLDS and open_ones == {ChunkStatus.WAITING}):
            return found
        charged = tuple(map(self._count_task, chunks))
        self.allotments.release_scan(project, scan)
        note()
        return self._end(self.scans.get(project, scan), charged, stop, cause)

    def _count_task(self, chunk: Chunk) -> Chunk:
        """A workflow that is aborted judges no attempt: what its tasks cost, until they were last heard of, would be in no sum."""
        now = self.clock()
        gone = chunk.heartbeat or now
        if not (chunk.admitted or gone) <= gone <= now:
            gone = now  # the worker's clock is wrong
        return count_task(chunk, ledger=self.ledger, allotments=self.allotments, machine=self.machine, now=gone)

    def _end(self, scan: Scan, chunks: tuple[Chunk, ...], stop: Stop | None, cause: str) -> Scan:
        counts, spent = counted(scan, chunks), self._spent(scan, chunks)
        event = ending(scan, counts, stop, unfinished=any(chunk.is_left(redriven=scan.redriven) for chunk in chunks))
        if event is ScanEvent.PAUSE and stop:
            changes = {**self._paused(scan, stop, counts), "actual": spent}
        else:
            reason = explained(scan, counts, chunks, cause or told(scan, stop))
            changes = {"ended": self.clock(), "counts": counts, "reason": reason, "actual": spent}
        try:
            return self.scans.transition(scan, event, **changes)
        except IllegalTransition:
            return self.scans.get(scan.project, scan.id)

    def _spent(self, scan: Scan, chunks: tuple[Chunk, ...]) -> Actual | None:
        return actual(used(chunks, self.ledger.metered(scan.project, scan.id)), self.machine)

    def _paused(self, scan: Scan, stop: Stop, counts: ScanCounts) -> dict[str, Any]:
        now = self.clock()
        changes = {"paused": now, "counts": counts, "stop": stop, "stop_asked": None}
        return {**changes, "stop_why": told(scan, stop), "resume_at": self._resume_at(scan, stop, now)}

    def _resume_at(self, scan: Scan, stop: Stop, now: datetime) -> datetime | None:
        if stop is Stop.BUDGET:
            return now + BUDGET_PAUSE
        if stop is not Stop.WINDOW:
            return None
        try:
            window = self.networks.get(scan.project, scan.network).window
        except NotFound:
            return now  # the next run says what is wrong
        return next_open(window, now) if window else now

    def _take_in(self, scan: Scan) -> None:
        """Workers that are still at it are asked to stop; what is saved is ingested."""
        if any(chunk.status in _UNSETTLED for chunk in self._list(scan)):
            self.ledger.request_stop(scan.project, scan.id, scan.stop or STOP, run=scan.run)
            self._wait_for_workers(scan)
        for chunk in self._list(scan):
            if chunk.status is ChunkStatus.SAVED:
                self._ingest(chunk)

    def _release_lost(self, scan: Scan, stop: Stop | None, why: str) -> None:
        """Chunks of workers that did not save by the end of their lease."""
        for chunk in self._list(scan):
            if chunk.status is ChunkStatus.CLAIMED and not self._holds(chunk):
                lost = f"{why}; its worker did not save by the end of its lease"
                if stop in HOLDS:
                    self._fence(chunk, lost)
                else:
                    self._give_up(chunk, lost)

    def _list(self, scan: Scan) -> tuple[Chunk, ...]:
        return self.ledger.list(scan.project, scan.id)

    def _wait_for_workers(self, scan: Scan) -> tuple[Chunk, ...]:
        """Workers that were asked to stop save within seconds, unless they are gone."""
        chunks = self._list(scan)
        for _ in range(GRACE_S // _POLL_S):
            if not any(self._holds(chunk) for chunk in chunks):
                break
            self.pause(_POLL_S)
            chunks = self._list(scan)
        return chunks

    def _holds(self, chunk: Chunk) -> bool:
        """Whether a worker may still be at it: its lease is read here, not left to a timer."""
        return (
            chunk.status is ChunkStatus.CLAIMED and chunk.lease_until is not None and self.clock() < chunk.lease_until
        )

    def _ingest(self, chunk: Chunk) -> None:
        """One document that cannot be taken in loses its own chunk and no other."""
        try:
            self.ingest(project=chunk.project, scan=chunk.scan, chunk=chunk.chunk, now=self.clock())
        except (Corrupt, InvalidInput, NotFound) as error:
            self._give_up(chunk, error.message)
        except (IllegalTransition, Superseded):
            return  # somebody else ingested it meanwhile

    def _end_waiting(self, scan: Scan, stop: Stop | None, why: str) -> None:
        """From here on no late task can claim one."""
        for chunk in self._list(scan):
            if chunk.status is not ChunkStatus.WAITING:
                continue
            try:
                if stop:
                    self.ledger.cancel(chunk, reason=f"not scanned: the scan was asked to stop ({stop})")
                else:
                    self.ledger.fail(chunk, reason=why)
            except (IllegalTransition, Superseded):
                continue  # a worker claimed it since it was read, and is asked to stop

    def _fence(self, chunk: Chunk, why: str) -> None:
        try:
            self.ledger.fence(chunk, reason=why)
        except (IllegalTransition, Superseded):
            return  # it moved on by itself since it was read, and is looked at again

    def _give_up(self, chunk: Chunk, why: str) -> None:
        try:
            self.ledger.fail(chunk, reason=why)
        except (IllegalTransition, Superseded):
            return  # it moved on by itself since it was read, and is looked at again


def told(scan: Scan, stop: Stop | None) -> str:
    """Why the run was stopped, for people; empty where it was not."""
    if stop is None or stop is Stop.CANCEL:
        return ""
    return (scan.stop_why if scan.stop == stop else "") or _TOLD[stop]


_TOLD = {
    Stop.PAUSE: "paused",
    Stop.HALT: "a halt was set",
    Stop.AUTHORITY: "an authority that the scan leans on has ended",
    Stop.WINDOW: "the hours in which the network may be scanned are over",
    Stop.MONEY: "the next task might have cost more than what is left",
    Stop.BUDGET: "the budgets of project and network left no packets to send",
}
