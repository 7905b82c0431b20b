"""How a scan ends: its counts from the ledger, its status from coverage."""

from collections.abc import Iterable

from functions.core.chunk import GIVEN_UP, Chunk, ChunkCounts, ChunkStatus
from functions.core.scan import Scan, ScanCounts, ScanEvent, ScanStatus
from functions.core.stop import HOLDS, Stop


def counted(scan: Scan, chunks: Iterable[Chunk]) -> ScanCounts:
    """The scan's counts by the ledger; `cells` stays the plan's, which counts cells that no chunk could be made of."""
    ledger = list(chunks)
    ingested = [chunk for chunk in ledger if chunk.status is ChunkStatus.INGESTED]
    # A chunk that a later run opened again keeps what was ingested of it.
    sums = {name: sum(getattr(chunk.counts, name) for chunk in ledger) for name in ChunkCounts.model_fields}
    return ScanCounts(
        chunks=max(scan.counts.chunks, len(ledger)),
        chunks_ingested=len(ingested),
        chunks_failed=sum(chunk.status in GIVEN_UP for chunk in ledger),
        cells=max(scan.counts.cells, sum(chunk.cells for chunk in ledger)),
        miss_rate=_miss_rate(ledger),
        cells_untold=sum(chunk.cells for chunk in ledger if chunk.sampled and chunk.miss_rate is None),
        **sums,
    )


def _miss_rate(chunks: Iterable[Chunk]) -> float | None:
    told = [(chunk.cells, chunk.miss_rate) for chunk in chunks if chunk.miss_rate is not None]
    cells = sum(count for count, _ in told)
    return round(sum(count * rate for count, rate in told) / cells, 6) if cells else None


def stop_of(scan: Scan, chunks: Iterable[Chunk]) -> Stop | None:
    """What stopped the run: what was asked of the scan, or what a worker met by itself; None for nothing."""
    if scan.stop:
        return scan.stop
    return next((chunk.stop for chunk in chunks if chunk.stop and chunk.is_unfinished), None)


def ending(scan: Scan, counts: ScanCounts, stop: Stop | None = None, *, unfinished: bool = False) -> ScanEvent:
    """All cells covered: complete; some: partial; none: failed; cancelled or paused where something asked for that."""
    if stop is Stop.CANCEL:
        return ScanEvent.CANCEL
    if stop in HOLDS and (unfinished or scan.status is ScanStatus.PLANNED):
        return ScanEvent.PAUSE
    if scan.status is ScanStatus.PLANNED or not counts.cells_covered:
        return ScanEvent.FAIL
    return ScanEvent.COMPLETE if counts.cells_covered >= counts.cells else ScanEvent.END_PARTIAL


def explained(scan: Scan, counts: ScanCounts, chunks: Iterable[Chunk], cause: str) -> str:
    """Why not all was covered, in one line: what ended the run, what the plan left out, what each lost chunk met."""
    lost = [f"chunk {chunk.chunk}: {chunk.reason}" for chunk in chunks if chunk.reason and chunk.status in _SAYS_WHY]
    if scan.status is ScanStatus.PLANNED:
        cause = cause or "the scan could not be planned"
    missing = counts.cells - counts.cells_covered
    parts = [cause, scan.reason, *lost[:3], f"and {len(lost) - 3} more chunks" if len(lost) > 3 else ""]
    if missing:
        parts.insert(0, f"{missing} of {counts.cells} cells are not covered")
    return "; ".join(part for part in parts if part)[:500]


_SAYS_WHY = GIVEN_UP | {ChunkStatus.INGESTED}
"""The reason of an ingested chunk tells of a partial result."""
