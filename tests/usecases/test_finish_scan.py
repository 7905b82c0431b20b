"""However a workflow ends, its scan ends with what was found, once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from functions.core.allotment import Allotment, Budget
from functions.core.chunk import Chunk, ChunkCounts, ChunkStatus
from functions.core.errors import Corrupt, Unavailable
from functions.core.prices import micros_of
from functions.core.scan import Scan, ScanCounts, ScanEvent, ScanStatus
from functions.core.stop import Stop
from functions.store.ledger import Ledger
from functions.store.sources import Sources
from functions.usecases.finish_scan import GRACE_S, FinishScan
from functions.usecases.ingest_chunk import IngestChunk
from functions.usecases.judge_attempt import JudgeAttempt
from tests.backend import Backend
from tests.core.specs import MACHINE

LEASE_S = 400


@dataclass
class FakeIngest:
    """Marks a chunk ingested, all of its cells covered; the true one reads a document first."""

    ledger: Ledger
    errors: dict[str, Exception] = field(default_factory=dict)

    def __call__(self, *, project: str, scan: str, chunk: str, now: datetime) -> ChunkCounts:
        if chunk in self.errors:
            raise self.errors[chunk]
        found = self.ledger.get(project, scan, chunk)
        return self.ledger.mark_ingested(found, ChunkCounts(cells_covered=found.cells)).counts


@dataclass
class Stage:
    backend: Backend
    scan: Scan
    ingest: FakeIngest
    while_waiting: Callable[[], object] = lambda: None

    def chunk(self, number: int) -> Chunk:
        return self.backend.ledger.get(self.scan.project, self.scan.id, f"{number:05}")

    def claim(self, number: int) -> Chunk:
        return self.backend.ledger.claim(
            self.scan.project, self.scan.id, f"{number:05}", run=1, now=self.backend.clock(), lease_s=LEASE_S
        )

    def save(self, held: Chunk) -> Chunk:
        return self.backend.ledger.save(held, result_key="results/x", outcome="complete")

    def ingested(self, number: int) -> None:
        self.backend.ledger.mark_ingested(self.save(self.claim(number)), ChunkCounts(cells_covered=4))

    def finish(self, cause: str = "") -> Scan:
        def pause(seconds: float) -> None:
            self.backend.clock.pass_by(seconds)
            self.while_waiting()

        finish = FinishScan(
            scans=self.backend.scans,
            ledger=self.backend.ledger,
            networks=self.backend.networks,
            allotments=self.backend.allotments,
            ingest=cast("IngestChunk", self.ingest),
            machine=MACHINE,
            clock=self.backend.clock,
            pause=pause,
        )
        finish(project=self.scan.project, scan=self.scan.id, cause=cause)
        return self.backend.reread(self.scan)


@pytest.fixture
def stage(backend: Backend) -> Stage:
    """A running scan of three chunks with four cells each, all waiting."""
    scan = backend.scan(backend.network())
    chunks = [Chunk(project=scan.project, scan=scan.id, chunk=f"{number:05}", cells=4) for number in range(3)]
    backend.ledger.create(chunks)
    running = backend.scans.transition(
        scan, ScanEvent.START, started=backend.clock(), counts=ScanCounts(chunks=3, cells=12)
    )
    return Stage(backend, running, FakeIngest(backend.ledger))


def test_what_a_scan_has_used_stands_on_it_by_what_was_counted(stage: Stage) -> None:
    ledger = stage.backend.ledger
    for number in range(3):
        waiting = ledger.get(stage.scan.project, stage.scan.id, f"{number:05}")
        admitted = stage.backend.clock()
        ledger.admit(waiting, rate=100, not_after=None, now=admitted)
        saved = stage.save(stage.claim(number))
        ended = ledger.count_task(saved, now=admitted + timedelta(seconds=30 + 60 * number))
        ledger.count_task(ended, now=admitted + timedelta(hours=1))
        ledger.mark_ingested(ledger.get(saved.project, saved.scan, saved.chunk), ChunkCounts(cells_covered=4))
    for _ in range(2):
        ledger.meter(
            stage.scan.project, stage.scan.id, {"transitions": 500, "write_milliunits": 1500, "lambda_requests": 2}
        )

    actual = stage.finish().actual

    assert actual is not None
    assert (actual.usage.tasks, actual.usage.task_seconds) == (3, 60 + 90 + 150), "none is charged less than a minute"
    assert (actual.usage.transitions, actual.usage.write_units, actual.usage.lambda_requests) == (1000, 3, 4)
    assert actual.bill.step_functions == pytest.approx(0.025)
    assert actual.bill.fargate == pytest.approx(300 / 3600 * 0.04937, abs=1e-6)
    assert (actual.region, actual.prices) == ("us-east-1", "2026-11-21")


def test_a_scan_with_every_chunk_ingested_is_completed(stage: Stage) -> None:
    for number in range(3):
        stage.ingested(number)
    ended = stage.finish()
    assert (ended.status, ended.counts.cells_covered, ended.reason) == (ScanStatus.COMPLETED, 12, "")
    assert ended.ended == stage.backend.clock()
    assert stage.backend.scans.live(ended.project, ended.network) == ""


def test_saved_results_are_taken_in_first(stage: Stage) -> None:
    for number in range(3):
        stage.save(stage.claim(number))
    assert stage.finish("the workflow ended early (aborted)").status is ScanStatus.COMPLETED


def test_chunks_that_nobody_scanned_make_it_partial(stage: Stage) -> None:
    stage.ingested(0)
    ended = stage.finish("the workflow ended early (timed_out)")
    assert (ended.status, ended.counts.chunks_failed) == (ScanStatus.PARTIAL, 2)
    assert ended.reason.startswith("8 of 12 cells are not covered; the workflow ended early (timed_out)")
    with pytest.raises(Exception, match="claim"):
        stage.claim(1)


def test_nothing_scanned_is_failed(stage: Stage) -> None:
    assert stage.finish("the workflow ended early (failed)").status is ScanStatus.FAILED


def test_a_scan_that_was_asked_to_cancel_is_cancelled_and_keeps_what_was_found(stage: Stage) -> None:
    stage.ingested(0)
    stage.backend.scans.request_stop(stage.scan, Stop.CANCEL, now=stage.backend.clock())
    ended = stage.finish()
    assert (ended.status, ended.counts.cells_covered) == (ScanStatus.CANCELLED, 4)


def test_workers_of_an_aborted_run_are_asked_to_stop_and_what_they_save_counts(stage: Stage) -> None:
    held = stage.claim(0)

    def worker() -> None:
        if stage.chunk(0).status is ChunkStatus.CLAIMED and stage.backend.ledger.stop_requested(
            held.project, held.scan, run=1
        ):
            stage.save(held)

    stage.while_waiting = worker
    ended = stage.finish("the workflow ended early (aborted)")
    assert (ended.status, ended.counts.chunks_ingested) == (ScanStatus.PARTIAL, 1)


@pytest.mark.parametrize("wrong_s", [-3600, 3600])
def test_a_worker_whose_clock_is_wrong_is_charged_to_the_end_by_ours(stage: Stage, wrong_s: int) -> None:
    ledger, clock = stage.backend.ledger, stage.backend.clock
    ledger.admit(stage.chunk(0), rate=100, not_after=None, now=clock())
    clock.pass_by(90)
    theirs = clock() + timedelta(seconds=wrong_s)
    stage.save(ledger.claim(stage.scan.project, stage.scan.id, "00000", run=1, now=theirs, lease_s=LEASE_S))
    clock.pass_by(10)
    actual = stage.finish("the workflow ended early (aborted)").actual
    assert actual is not None
    assert actual.usage.task_seconds == 100


def test_tasks_of_an_aborted_run_are_charged_once_until_they_were_last_heard_of(stage: Stage) -> None:
    ledger, allotments, now = stage.backend.ledger, stage.backend.allotments, stage.backend.clock()
    ledger.admit(stage.chunk(0), rate=100, not_after=None, now=now)
    stage.backend.clock.pass_by(90)
    stage.save(stage.claim(0))
    stage.backend.clock.pass_by(1000)

    actual = stage.finish("the workflow ended early (aborted)").actual

    assert actual is not None
    assert (actual.usage.tasks, actual.usage.task_seconds) == (1, 90)
    spent = allotments.spent(stage.scan.project, stage.scan.id, at=now)
    assert spent.scan == spent.month == micros_of(MACHINE, 90)
    JudgeAttempt(ledger=ledger, allotments=allotments, sources=Sources(stage.backend.table), machine=MACHINE)(
        project=stage.scan.project, scan=stage.scan.id, run=1, chunk="00000", now=stage.backend.clock()
    )
    assert allotments.spent(stage.scan.project, stage.scan.id, at=now) == spent


def test_what_a_lost_task_held_is_given_back_once_its_cost_is_written_down(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    allotments, now = stage.backend.allotments, stage.backend.clock()
    spend, held = allotments.spend, list[int]()

    def watched(project: str, *what: Any, **fields: Any) -> None:
        held.append(len(allotments.list(project)))
        spend(project, *what, **fields)

    monkeypatch.setattr(allotments, "spend", watched)
    until = now + timedelta(hours=1)
    where = {"project": stage.scan.project, "network": stage.scan.network, "scan": stage.scan.id, "chunk": "00000"}
    wanted = Allotment.model_validate({**where, "rate": 1, "until": until, "micros": 1})
    allotments.take(wanted, Budget(network_rate=1000), now=now)
    stage.backend.ledger.admit(stage.chunk(0), rate=1, not_after=None, now=now)
    stage.finish("the workflow ended early (aborted)")
    assert held == [1]
    assert allotments.list(stage.scan.project) == ()


def test_a_worker_that_does_not_answer_keeps_the_scan_live_until_its_lease_is_over(stage: Stage) -> None:
    stage.claim(0)
    stage.ingested(1)
    before = stage.backend.clock()
    assert stage.finish("the workflow ended early (aborted)").status is ScanStatus.RUNNING
    assert (stage.backend.clock() - before).total_seconds() == GRACE_S
    assert stage.chunk(0).status is ChunkStatus.CLAIMED
    stage.backend.clock.pass_by(LEASE_S)
    ended = stage.finish("the workflow ended early (aborted)")
    assert ended.status is ScanStatus.PARTIAL
    assert "its worker did not save by the end of its lease" in stage.chunk(0).reason


def test_a_worker_that_saves_late_is_taken_in_by_the_next_visit(stage: Stage) -> None:
    held = stage.claim(0)
    assert stage.finish("the workflow ended early (aborted)").status is ScanStatus.RUNNING
    stage.save(held)
    assert stage.finish("the workflow ended early (aborted)").counts.chunks_ingested == 1


def test_a_document_that_is_not_to_be_trusted_loses_its_chunk_alone(stage: Stage) -> None:
    for number in range(3):
        stage.save(stage.claim(number))
    stage.ingest.errors["00001"] = Corrupt("the digest does not fit")
    ended = stage.finish()
    assert (ended.status, ended.counts.cells_covered) == (ScanStatus.PARTIAL, 8)
    assert "chunk 00001: the digest does not fit" in ended.reason


def test_a_store_that_does_not_answer_ends_nothing_and_a_repeat_goes_on(stage: Stage) -> None:
    for number in range(3):
        stage.save(stage.claim(number))
    stage.ingest.errors["00001"] = Unavailable("busy")
    with pytest.raises(Unavailable):
        stage.finish()
    assert stage.backend.reread(stage.scan).status is ScanStatus.RUNNING
    stage.ingest.errors.clear()
    assert stage.finish().status is ScanStatus.COMPLETED


@pytest.mark.parametrize("cause", ["", "the workflow ended early (aborted)"])
def test_a_scan_that_has_ended_is_left_alone(stage: Stage, cause: str) -> None:
    ended = stage.finish()
    assert stage.finish(cause) == ended


def test_a_scan_that_was_never_planned_fails_and_frees_its_network(backend: Backend) -> None:
    scan = backend.scan(backend.network())
    ended = Stage(backend, scan, FakeIngest(backend.ledger)).finish("the workflow could not be started")
    assert (ended.status, ended.reason) == (ScanStatus.FAILED, "the workflow could not be started")
    assert backend.scans.live(scan.project, scan.network) == ""


def test_two_finishes_at_once_end_the_scan_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    transition = stage.backend.scans.transition

    def after_another(scan: Scan, event: ScanEvent, **changes: Any) -> Scan:
        monkeypatch.undo()
        transition(scan, event, **changes)
        return transition(scan, event, **changes)

    monkeypatch.setattr(stage.backend.scans, "transition", after_another)
    assert stage.finish().status is ScanStatus.FAILED
