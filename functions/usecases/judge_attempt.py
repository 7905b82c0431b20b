"""What to do about a chunk once its task has ended, whatever the task says of itself: the ledger decides."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from functions.core.chunk import MAX_ATTEMPTS, Chunk, ChunkStatus
from functions.core.errors import IllegalTransition, Superseded
from functions.core.prices import Machine
from functions.core.sending import Sending
from functions.core.stop import HOLDS
from functions.store.allotments import Allotments
from functions.store.ledger import Ledger
from functions.store.sources import Sources
from functions.usecases.count_task import count_task

_NO_LEASE_S = 0


class Verdict(StrEnum):
    AGAIN = "again"
    INGEST = "ingest"
    FAILED = "failed"
    DONE = "done"


SETTLED = {
    ChunkStatus.SAVED: Verdict.INGEST,
    ChunkStatus.INGESTED: Verdict.DONE,
    ChunkStatus.CANCELLED: Verdict.DONE,
    ChunkStatus.FAILED: Verdict.FAILED,
}


@dataclass(frozen=True, kw_only=True)
class JudgeAttempt:
    ledger: Ledger
    allotments: Allotments
    sources: Sources
    machine: Machine

    def __call__(
        self, *, project: str, scan: str, run: int, chunk: str, now: datetime, taken_back: bool = False
    ) -> Verdict:
        """The task is gone: an attempt that it left open is fenced; one that it never claimed counts as spent.

        `taken_back`: its capacity was, which is nobody's fault: such an attempt does not count, and what it saved is not the end.

        A chunk of a scan that is held goes on waiting: for the next run. Judging twice costs an attempt at most. Raises NotFound.
        """
        found = self.ledger.get(project, scan, chunk)
        if run < found.run:
            return Verdict.DONE  # a later run has the chunk now
        self._record_sources(found, now)
        is_news = taken_back and found.on_spot and found.admitted is not None
        found = count_task(found, ledger=self.ledger, allotments=self.allotments, machine=self.machine, now=now)
        self.allotments.release(project, scan, chunk)
        try:
            if is_news and self._take_back(found, run=run):
                return Verdict.AGAIN
            return SETTLED.get(found.status) or self._end(found, run=run, now=now)
        except (Superseded, IllegalTransition):
            return self._moved_on(project, scan, chunk)

    def _take_back(self, chunk: Chunk, *, run: int) -> bool:
        """Whether the chunk goes on with another attempt: it was not done, and the scan was not asked to stop."""
        is_cut_short = chunk.status is ChunkStatus.SAVED and chunk.outcome == "partial"
        if not (is_cut_short or chunk.status in {ChunkStatus.WAITING, ChunkStatus.CLAIMED}):
            return False
        if self.ledger.stop_requested(chunk.project, chunk.scan, run=run):
            return False
        self.ledger.take_back(chunk, reason="AWS took the capacity of its task back")
        return True

    def _end(self, chunk: Chunk, *, run: int, now: datetime) -> Verdict:
        if stop := self.ledger.stop_requested(chunk.project, chunk.scan, run=run):
            self._stop(chunk, stop)
            return Verdict.DONE
        spent = self._spend(chunk, run=run, now=now)
        return Verdict.AGAIN if spent.spent < MAX_ATTEMPTS else Verdict.FAILED

    def _record_sources(self, chunk: Chunk, now: datetime) -> None:
        """Where its last attempt sent from, until now at the latest. Judging again changes nothing."""
        if chunk.claimed is None:
            return
        where = {"project": chunk.project, "scan": chunk.scan, "chunk": chunk.chunk, "attempt": chunk.attempt}
        for address in chunk.sources:
            sending = Sending.model_validate({**where, "address": address, "since": chunk.claimed, "until": now})
            self.sources.record(sending)

    def _stop(self, chunk: Chunk, stop: str) -> None:
        told = f"not scanned to its end: the scan was asked to stop ({stop})"
        if stop not in HOLDS:
            self.ledger.cancel(chunk, reason=told)
        elif chunk.status is ChunkStatus.CLAIMED:
            self.ledger.fence(chunk, reason=told)

    def _spend(self, chunk: Chunk, *, run: int, now: datetime) -> Chunk:
        """End the attempt of a task that is gone. Nobody may claim without a number, so an unclaimed one is claimed for it."""
        if chunk.status is ChunkStatus.WAITING:
            chunk = self.ledger.claim(chunk.project, chunk.scan, chunk.chunk, run=run, now=now, lease_s=_NO_LEASE_S)
        return self.ledger.fence(chunk, reason=f"attempt {chunk.attempt} ended without a result")

    def _moved_on(self, project: str, scan: str, chunk: str) -> Verdict:
        """The chunk changed under our hands: what it is now counts; a worker at work is left to it, and judged again."""
        return SETTLED.get(self.ledger.get(project, scan, chunk).status, Verdict.AGAIN)
