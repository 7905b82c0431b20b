"""A chunk that is given up says so once, to the ledger and to those who watch."""

from functions.core.chunk import Chunk, ChunkCounts, ChunkStatus
from functions.core.ids import new_id
from functions.usecases.record_failure import RecordFailure
from tests.backend import NOW, Backend

SCAN = new_id(NOW)


def record(backend: Backend, *, run: int = 1) -> None:
    RecordFailure(ledger=backend.ledger, live=backend.live)(
        project=backend.project, scan=SCAN, run=run, chunk="00000", reason="no attempt came to a result", now=NOW
    )


def events(backend: Backend) -> list[tuple[str, str]]:
    return [(event.type, event.data["reason"]) for event in backend.live.replay(backend.project, f"scan:{SCAN}").items]


def a_chunk(backend: Backend) -> Chunk:
    chunk = Chunk(project=backend.project, scan=SCAN, chunk="00000")
    backend.ledger.create([chunk])
    return chunk


def test_the_chunk_fails_and_the_watchers_learn_why(backend: Backend) -> None:
    a_chunk(backend)
    record(backend)
    assert backend.ledger.get(backend.project, SCAN, "00000").status is ChunkStatus.FAILED
    assert events(backend) == [("chunk.failed", "no attempt came to a result")]


def test_what_the_ledger_knows_of_the_failure_is_kept(backend: Backend) -> None:
    a_chunk(backend)
    held = backend.ledger.claim(backend.project, SCAN, "00000", run=1, now=NOW, lease_s=60)
    backend.ledger.fence(held, reason="attempt 1 ended without a result")
    record(backend)
    assert events(backend) == [("chunk.failed", "attempt 1 ended without a result")]


def test_a_crash_between_the_two_writes_is_healed_by_a_repeat(backend: Backend) -> None:
    backend.ledger.fail(a_chunk(backend), reason="gone")
    record(backend)
    assert events(backend) == [("chunk.failed", "gone")]


def test_what_an_earlier_run_says_too_late_does_not_touch_a_chunk_of_a_later_one(backend: Backend) -> None:
    backend.ledger.reopen(a_chunk(backend), run=2)
    record(backend)
    assert backend.ledger.get(backend.project, SCAN, "00000").status is ChunkStatus.WAITING
    assert events(backend) == []
    record(backend, run=2)
    assert backend.ledger.get(backend.project, SCAN, "00000").status is ChunkStatus.FAILED


def test_a_chunk_that_was_ingested_meanwhile_stays_ingested(backend: Backend) -> None:
    a_chunk(backend)
    held = backend.ledger.claim(backend.project, SCAN, "00000", run=1, now=NOW, lease_s=60)
    backend.ledger.mark_ingested(backend.ledger.save(held, result_key="r", outcome="complete"), ChunkCounts())
    record(backend)
    assert backend.ledger.get(backend.project, SCAN, "00000").status is ChunkStatus.INGESTED
    assert events(backend) == []
