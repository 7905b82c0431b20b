"""The ledger decides what becomes of a chunk whose task has ended."""

from datetime import timedelta

import pytest

from functions.core.chunk import MAX_ATTEMPTS, Chunk, ChunkCounts, ChunkStatus
from functions.core.errors import NotFound, Superseded
from functions.core.ids import new_id
from functions.core.messages import Progress
from functions.core.pace import MOST_SERVICE_BYTES, PACKET_BYTES
from functions.core.prices import micros_of
from functions.store.sources import Sources
from functions.usecases.judge_attempt import JudgeAttempt, Verdict
from tests.backend import NOW, Backend
from tests.core.specs import MACHINE

SCAN = new_id(NOW)


def a_chunk(backend: Backend) -> Chunk:
    chunk = Chunk(project=backend.project, scan=SCAN, chunk="00000", cells=4)
    backend.ledger.create([chunk])
    return chunk


def claimed(backend: Backend, run: int = 1) -> Chunk:
    return backend.ledger.claim(backend.project, SCAN, "00000", run=run, now=backend.clock(), lease_s=600)


def saved(backend: Backend) -> Chunk:
    return backend.ledger.save(claimed(backend), result_key="results/1", outcome="complete")


def judged(backend: Backend, *, taken_back: bool = False) -> Verdict:
    judge_attempt = JudgeAttempt(
        ledger=backend.ledger, allotments=backend.allotments, sources=Sources(backend.table), machine=MACHINE
    )
    return judge_attempt(
        project=backend.project, scan=SCAN, run=1, chunk="00000", now=backend.clock(), taken_back=taken_back
    )


def on_spot(backend: Backend) -> None:
    found = backend.ledger.get(backend.project, SCAN, "00000")
    backend.ledger.admit(found, rate=100, not_after=None, now=backend.clock(), spot=True)


def test_where_an_attempt_sent_from_is_recorded_once_whatever_came_of_it(backend: Backend) -> None:
    a_chunk(backend)
    backend.ledger.claim(
        backend.project, SCAN, "00000", run=1, now=backend.clock(), lease_s=600, sources=("192.0.2.9", "2001:db8::9")
    )
    backend.clock.pass_by(60)
    judged(backend)
    judged(backend)
    for address in ("192.0.2.9", "2001:db8::9"):
        (sent,) = Sources(backend.table).of(address, since=NOW, until=NOW + timedelta(hours=1), limit=10)
        assert (sent.scan, sent.chunk, sent.attempt, sent.since) == (SCAN, "00000", 1, NOW)
        assert sent.until == NOW + timedelta(seconds=60)


def status(backend: Backend) -> ChunkStatus:
    return backend.ledger.get(backend.project, SCAN, "00000").status


def test_a_saved_chunk_is_ingested(backend: Backend) -> None:
    a_chunk(backend)
    saved(backend)
    assert judged(backend) is Verdict.INGEST
    assert status(backend) is ChunkStatus.SAVED


@pytest.mark.parametrize("public", [True, False])
def test_a_task_that_is_gone_has_cost_its_time_and_what_it_found_and_sent_to_the_internet(
    backend: Backend, public: bool
) -> None:
    chunk = Chunk(project=backend.project, scan=SCAN, chunk="00000", cells=4, public=public)
    backend.ledger.create([chunk])
    backend.ledger.admit(chunk, rate=100, not_after=None, now=backend.clock())
    attempt = claimed(backend)
    backend.clock.pass_by(100)
    told = Progress(phase="saving", fraction=1, open_ports=3, probes=1_000_000)
    backend.ledger.save(attempt, result_key="results/1", outcome="complete", progress=told)
    judged(backend)
    judged(backend)
    sent = (1_000_000 * PACKET_BYTES + 3 * MOST_SERVICE_BYTES) * public
    spent = backend.allotments.spent(backend.project, SCAN, at=backend.clock())
    assert spent.scan == spent.month == micros_of(MACHINE, 100, open_ports=3, bytes_out=sent)


def test_an_ingested_chunk_is_done(backend: Backend) -> None:
    a_chunk(backend)
    backend.ledger.mark_ingested(saved(backend), ChunkCounts())
    assert judged(backend) is Verdict.DONE


def test_a_failed_chunk_stays_failed(backend: Backend) -> None:
    backend.ledger.fail(a_chunk(backend), reason="no")
    assert judged(backend) is Verdict.FAILED


def test_a_cancelled_chunk_is_done(backend: Backend) -> None:
    backend.ledger.cancel(a_chunk(backend), reason="no")
    assert judged(backend) is Verdict.DONE


def test_a_worker_that_died_is_fenced_and_its_chunk_scanned_again(backend: Backend) -> None:
    a_chunk(backend)
    dead = claimed(backend)
    assert judged(backend) is Verdict.AGAIN
    assert status(backend) is ChunkStatus.WAITING
    with pytest.raises(Superseded):
        backend.ledger.save(dead, result_key="late", outcome="complete")


def test_workers_that_keep_dying_fail_the_chunk(backend: Backend) -> None:
    a_chunk(backend)
    verdicts = []
    for _ in range(MAX_ATTEMPTS):
        claimed(backend)
        verdicts.append(judged(backend))
    assert verdicts == [Verdict.AGAIN] * (MAX_ATTEMPTS - 1) + [Verdict.FAILED]


def test_tasks_that_never_claim_fail_the_chunk_too(backend: Backend) -> None:
    a_chunk(backend)
    verdicts = [judged(backend) for _ in range(MAX_ATTEMPTS)]
    assert verdicts == [Verdict.AGAIN] * (MAX_ATTEMPTS - 1) + [Verdict.FAILED]


def test_judging_twice_costs_an_attempt_at_most(backend: Backend) -> None:
    a_chunk(backend)
    claimed(backend)
    assert [judged(backend), judged(backend)] == [Verdict.AGAIN, Verdict.AGAIN]
    assert backend.ledger.get(backend.project, SCAN, "00000").attempt == 2


@pytest.mark.parametrize("held", [False, True])
def test_a_request_to_stop_ends_the_chunk_where_it_stands(backend: Backend, held: bool) -> None:
    a_chunk(backend)
    if held:
        claimed(backend)
    backend.ledger.request_stop(backend.project, SCAN, "cancel", run=1)
    assert judged(backend) is Verdict.DONE
    assert status(backend) is ChunkStatus.CANCELLED


def test_a_result_saved_on_a_request_to_stop_is_still_ingested(backend: Backend) -> None:
    a_chunk(backend)
    saved(backend)
    backend.ledger.request_stop(backend.project, SCAN, "cancel", run=1)
    assert judged(backend) is Verdict.INGEST


def test_a_later_run_takes_the_chunk_out_of_this_ones_hands(backend: Backend) -> None:
    a_chunk(backend)
    backend.ledger.fence(claimed(backend, run=2), reason="gone")
    assert judged(backend) is Verdict.DONE
    assert backend.ledger.get(backend.project, SCAN, "00000").attempt == 1


@pytest.mark.parametrize("came_to", ["nothing", "a claim", "a part"])
def test_a_task_whose_capacity_was_taken_back_does_not_count_and_its_chunk_goes_on(
    backend: Backend, came_to: str
) -> None:
    a_chunk(backend)
    on_spot(backend)
    if came_to != "nothing":
        attempt = claimed(backend)
        if came_to == "a part":
            backend.ledger.save(attempt, result_key="results/1", outcome="partial")
    assert judged(backend, taken_back=True) is Verdict.AGAIN
    found = backend.ledger.get(backend.project, SCAN, "00000")
    assert (found.status, found.spent, found.taken_back) == (ChunkStatus.WAITING, 0, 1)
    assert (found.outcome, found.result_key) == ("", "")
    verdicts = []
    for _ in range(MAX_ATTEMPTS):
        claimed(backend)
        verdicts.append(judged(backend))
    assert verdicts[-1] is Verdict.FAILED, "and it is tried as often as any other"
    assert Verdict.FAILED not in verdicts[:-1]


def test_a_chunk_that_was_done_before_its_capacity_was_taken_back_is_ingested(backend: Backend) -> None:
    a_chunk(backend)
    on_spot(backend)
    saved(backend)
    assert judged(backend, taken_back=True) is Verdict.INGEST


def test_what_is_saved_when_capacity_goes_and_the_scan_is_to_stop_is_ingested(backend: Backend) -> None:
    a_chunk(backend)
    on_spot(backend)
    backend.ledger.save(claimed(backend), result_key="results/1", outcome="partial")
    backend.ledger.request_stop(backend.project, SCAN, "cancel", run=1)
    assert judged(backend, taken_back=True) is Verdict.INGEST


def test_that_capacity_was_taken_back_is_heard_once_and_of_spare_capacity_alone(backend: Backend) -> None:
    a_chunk(backend)
    on_spot(backend)
    claimed(backend)
    assert judged(backend, taken_back=True) is Verdict.AGAIN
    claimed(backend)
    assert judged(backend, taken_back=True) is Verdict.AGAIN
    found = backend.ledger.get(backend.project, SCAN, "00000")
    assert (found.spent, found.taken_back) == (1, 1)


def test_an_unknown_chunk_is_an_error(backend: Backend) -> None:
    with pytest.raises(NotFound):
        judged(backend)
