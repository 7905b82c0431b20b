"""How a scan ends, by its ledger and its coverage."""

import pytest

from functions.core.chunk import Chunk, ChunkCounts
from functions.core.effort import Sampled
from functions.core.ids import new_id
from functions.core.profile import PROFILES
from functions.core.scan import Cause, Scan, ScanCounts, ScanEvent, Snapshot
from functions.core.scan_end import counted, ending, explained
from functions.core.stop import Stop
from tests.backend import NOW

ID = new_id(NOW)


def a_scan(**fields: object) -> Scan:
    snapshot = Snapshot(targets=("10.0.0.1",), ports="22", protocols=(), profile=PROFILES["standard"], rate=100)
    return Scan.model_validate(
        {
            "id": ID,
            "project": ID,
            "network": ID,
            "cause": Cause(kind="api", principal="p", key="k"),
            "snapshot": snapshot,
            "status": "running",
            "created": NOW,
            **fields,
        }
    )


def a_chunk(number: int, status: str, covered: int = 0, **fields: object) -> Chunk:
    counts = ChunkCounts(cells_covered=covered, open_ports=covered)
    return Chunk.model_validate(
        {"project": ID, "scan": ID, "chunk": f"{number:05}", "status": status, "cells": 4, "counts": counts, **fields}
    )


@pytest.mark.parametrize(
    ("stop", "covered", "event"),
    [
        (None, 8, ScanEvent.COMPLETE),
        (None, 7, ScanEvent.END_PARTIAL),
        (None, 1, ScanEvent.END_PARTIAL),
        (None, 0, ScanEvent.FAIL),
        (Stop.CANCEL, 8, ScanEvent.CANCEL),
        (Stop.CANCEL, 1, ScanEvent.CANCEL),
        (Stop.CANCEL, 0, ScanEvent.CANCEL),
        (Stop.AUTHORITY, 1, ScanEvent.END_PARTIAL),
        (Stop.PAUSE, 8, ScanEvent.COMPLETE),
    ],
)
def test_the_status_follows_from_coverage_unless_somebody_cancelled(
    stop: Stop | None, covered: int, event: ScanEvent
) -> None:
    assert ending(a_scan(), ScanCounts(cells=8, cells_covered=covered), stop) is event


@pytest.mark.parametrize("stop", [Stop.PAUSE, Stop.HALT, Stop.WINDOW])
def test_what_holds_a_scan_pauses_it_while_chunks_are_unfinished(stop: Stop) -> None:
    assert ending(a_scan(), ScanCounts(cells=8, cells_covered=4), stop, unfinished=True) is ScanEvent.PAUSE


@pytest.mark.parametrize(("stop", "event"), [(None, ScanEvent.FAIL), (Stop.CANCEL, ScanEvent.CANCEL)])
def test_a_scan_that_was_never_planned_fails(stop: Stop | None, event: ScanEvent) -> None:
    assert ending(a_scan(status="planned"), ScanCounts(), stop) is event


def test_counts_come_from_what_was_ingested_of_each_chunk() -> None:
    """A chunk that a later run opened again keeps what an earlier one covered of it."""
    chunks = [a_chunk(0, "ingested", 4), a_chunk(1, "ingested", 2), a_chunk(2, "failed", 1), a_chunk(3, "cancelled")]
    counts = counted(a_scan(counts=ScanCounts(chunks=4, cells=16)), chunks)
    assert (counts.chunks, counts.chunks_ingested, counts.chunks_failed) == (4, 2, 2)
    assert (counts.cells, counts.cells_covered, counts.open_ports) == (16, 7, 7)


def sampled(number: int, *rates: float | None) -> Chunk:
    each = tuple(Sampled(rate=100, passes=1, known=100, lost=0, miss_rate=rate) for rate in rates)
    return a_chunk(number, "ingested", 4, sampled=each)


def test_the_miss_rate_is_that_of_the_chunks_that_were_sampled_by_their_cells() -> None:
    assert counted(a_scan(), [a_chunk(0, "ingested", 4)]).miss_rate is None
    assert counted(a_scan(), [sampled(0, 0.01, 0.02), sampled(1, 0.0), a_chunk(2, "ingested", 4)]).miss_rate == 0.01


@pytest.mark.parametrize(
    ("chunks", "miss_rate", "untold"),
    [
        ([a_chunk(0, "ingested", 4)], None, 0),
        ([sampled(0, None)], None, 4),
        ([sampled(0, None, None), sampled(1, None)], None, 8),
        ([sampled(0, None), sampled(1, 0.01)], 0.01, 4),
        ([sampled(0, None, 0.01)], 0.01, 0),
        ([sampled(0, 0.0)], 0.0, 0),
    ],
)
def test_a_sample_without_answers_is_no_miss_rate_of_nothing(
    chunks: list[Chunk], miss_rate: float | None, untold: int
) -> None:
    counts = counted(a_scan(), chunks)
    assert (counts.miss_rate, counts.cells_untold) == (miss_rate, untold)


def test_cells_that_no_chunk_could_be_made_of_count() -> None:
    scan = a_scan(counts=ScanCounts(chunks=1, cells=5))
    counts = counted(scan, [a_chunk(0, "ingested", 4)])
    assert counts.cells == 5
    assert ending(scan, counts) is ScanEvent.END_PARTIAL


def test_the_reason_names_what_was_lost_and_stays_short() -> None:
    chunks = [a_chunk(number, "failed", reason="gone") for number in range(9)]
    reason = explained(a_scan(reason="x.example is not scanned: it has no address"), ScanCounts(cells=36), chunks, "")
    assert reason == (
        "36 of 36 cells are not covered; x.example is not scanned: it has no address; "
        "chunk 00000: gone; chunk 00001: gone; chunk 00002: gone; and 6 more chunks"
    )
    assert len(explained(a_scan(reason="x" * 500), ScanCounts(cells=1), chunks, "y" * 300)) == 500


def test_a_scan_that_covered_all_needs_no_reason() -> None:
    assert explained(a_scan(), ScanCounts(cells=4, cells_covered=4), [a_chunk(0, "ingested", 4)], "") == ""
