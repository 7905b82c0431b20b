"""End a scan, however its workflow ended: take in what was saved, stop what still runs, derive the status from coverage."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import Corrupt, IllegalTransition, InvalidInput, NotFound, Superseded
from functions.core.scan import LIVE, Scan
from functions.core.scan_end import counted, ending, explained
from functions.store.ledger import Ledger
from functions.store.scans import Scans
from functions.usecases.ingest_chunk import IngestChunk

STOP = "end"
"""What workers are asked when their workflow is no more; `cancel` is for the user to ask."""
GRACE_S = 20
_POLL_S = 1
_UNSETTLED = frozenset({ChunkStatus.WAITING, ChunkStatus.CLAIMED})
_ENDED = frozenset({ChunkStatus.INGESTED, ChunkStatus.FAILED, ChunkStatus.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class FinishScan:
    """Any number of times, at once or later: a scan that has ended is left alone."""

    scans: Scans
    ledger: Ledger
    ingest: IngestChunk
    clock: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep

    def __call__(self, *, project: str, scan: str, cause: str = "") -> Scan:
        """The scan as it then stands. `cause`: what ended the workflow, empty for its own last step.

        It stays live while a worker within its lease still holds a chunk, though asked to stop: the sweeper comes back.
        Raises NotFound, Unavailable.
        """
        found = self.scans.get(project, scan)
        if found.status not in LIVE:
            return found
        chunks = self._settled(found, cause or "the workflow ended before the chunk was scanned")
        if any(chunk.status not in _ENDED for chunk in chunks):
            return found
        return self._end(self.scans.get(project, scan), chunks, cause)

    def _end(self, scan: Scan, chunks: tuple[Chunk, ...], cause: str) -> Scan:
        counts = counted(scan, chunks)
        reason = explained(scan, counts, chunks, cause)
        try:
            return self.scans.transition(scan, ending(scan, counts), ended=self.clock(), counts=counts, reason=reason)
        except IllegalTransition:
            return self.scans.get(scan.project, scan.id)

    def _settled(self, scan: Scan, why: str) -> tuple[Chunk, ...]:
        """The ledger with no chunk left that can be settled now."""
        chunks = self._list(scan)
        if any(chunk.status in _UNSETTLED for chunk in chunks):
            self.ledger.request_stop(scan.project, scan.id, scan.stop or STOP)
            for chunk in chunks:
                if chunk.status is ChunkStatus.WAITING:
                    self._end_waiting(scan, chunk, why)
            chunks = self._wait_for_workers(scan)
        for chunk in chunks:
            if chunk.status is ChunkStatus.CLAIMED and not self._holds(chunk):
                self._give_up(chunk, f"{why}; its worker did not save by the end of its lease")
        for chunk in self._list(scan):
            if chunk.status is ChunkStatus.SAVED:
                self._ingest(chunk)
        return self._list(scan)

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

    def _end_waiting(self, scan: Scan, chunk: Chunk, why: str) -> None:
        """From here on no late task can claim it."""
        try:
            if scan.stop:
                self.ledger.cancel(chunk, reason="the scan was cancelled before the chunk was scanned")
            else:
                self.ledger.fail(chunk, reason=why)
        except (IllegalTransition, Superseded):
            return  # a worker claimed it since it was read, and is asked to stop

    def _give_up(self, chunk: Chunk, why: str) -> None:
        try:
            self.ledger.fail(chunk, reason=why)
        except (IllegalTransition, Superseded):
            return  # it moved on by itself since it was read, and is looked at again
