"""A scan that is held goes on later with what is unfinished, through every step's handler."""

from datetime import timedelta
from typing import Any, cast

from functions.adapters.workflow import Workflow
from functions.core.chunk import ChunkStatus
from functions.core.halt import Halt
from functions.core.prices import micros_of
from functions.core.project import Limits, Project
from functions.core.scan import Scan, ScanStatus
from functions.core.stop import Stop
from functions.core.window import Hours, Window
from functions.usecases.next_run import NextRun
from functions.usecases.resume_scan import ResumeScan
from functions.usecases.stop_scan import StopScan
from functions.wiring.clock import utc_now
from tests.backend import NOW, Backend
from tests.core.specs import MACHINE
from tests.platform_in_memory import FakeWorkflow
from tests.scan_workflow.rehearsal import Rehearsal

TRUTH = {("10.0.0.1", 22), ("10.0.0.2", 80)}
SLOW: dict[str, Any] = {"rate": 10, "profile": "discovery"}


def stop(backend: Backend, scan: Scan, why: Stop = Stop.PAUSE) -> Scan:
    stop_scan = StopScan(scans=backend.scans, ledger=backend.ledger, workflow=_running(scan))
    return stop_scan(project=scan.project, scan=scan.id, stop=why, why=f"{why} asked by somebody", now=utc_now())


def resume(backend: Backend, scan: Scan) -> Scan:
    next_run = NextRun(scans=backend.scans, networks=backend.networks, halts=backend.halts, workflow=FakeWorkflow())
    resume_scan = ResumeScan(next_run=next_run)
    return resume_scan(project=scan.project, scan=scan.id, now=utc_now())


def _running(scan: Scan) -> Workflow:
    workflow = FakeWorkflow()
    workflow.start(project=scan.project, scan=scan.id, run=scan.run)
    return cast("Workflow", workflow)


def window_around_now(*, is_open: bool) -> Window:
    """Of the current hour of UTC and the next one, or of one that is three hours off: midnight in between is nothing special."""
    start = utc_now() + timedelta(hours=0 if is_open else 3)
    end = start + timedelta(hours=2 if is_open else 1)
    return Window(hours=(Hours(start=f"{start.hour:02}:00", end=f"{end.hour:02}:00"),))


def test_a_paused_scan_goes_on_with_what_is_unfinished_and_completes(backend: Backend, rehearsal: Rehearsal) -> None:
    rehearsal.worker.truth = TRUTH
    scan = backend.scan(backend.network(**SLOW))
    items = rehearsal.plan(scan)
    rehearsal.chunk(items[0])
    stop(backend, backend.reread(scan))
    rehearsal.chunks(items[1:])
    assert len(rehearsal.worker.tasks) == 1
    assert rehearsal.finish(scan)["status"] == "paused"
    paused = backend.reread(scan)
    assert (paused.stop, paused.stop_why, paused.resume_at) == (Stop.PAUSE, "pause asked by somebody", None)
    assert paused.counts.chunks_ingested == 1
    assert backend.scans.live(scan.project, scan.network) == scan.id

    resumed = resume(backend, scan)
    assert (resumed.status, resumed.run, resumed.stop) == (ScanStatus.RUNNING, 2, "")
    left = rehearsal.plan(resumed)
    assert [item["chunk"] for item in left] == [item["chunk"] for item in items[1:]]
    rehearsal.chunks(left)
    assert rehearsal.finish(resumed)["status"] == "completed"
    ended = backend.reread(scan)
    assert (ended.counts.cells_covered, ended.counts.open_ports, ended.counts.baseline) == (8, 2, 2)


def test_a_chunk_that_was_stopped_midway_is_scanned_again_and_its_changes_count_once(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    rehearsal.worker.truth = TRUTH
    scan = backend.scan(backend.network(rate=1000, profile="discovery"))
    (item,) = rehearsal.plan(scan)
    held = rehearsal.worker.claim(item)
    stop(backend, backend.reread(scan))
    rehearsal.worker.save(held, "is stopped")
    rehearsal.worker.behaviours = {(item["chunk"], 1): "never claims"}
    rehearsal.judged(item)
    assert rehearsal.finish(scan)["status"] == "paused"
    assert backend.reread(scan).counts.cells_covered == 4

    resumed = resume(backend, scan)
    rehearsal.worker.behaviours = {}
    assert rehearsal.run(resumed)["status"] == "completed"
    (chunk,) = backend.ledger.list(scan.project, scan.id)
    assert (chunk.status, chunk.run, chunk.attempt, chunk.spent) == (ChunkStatus.INGESTED, 2, 2, 1)
    ended = backend.reread(scan)
    assert (ended.counts.cells_covered, ended.counts.open_ports) == (8, 2)
    assert ended.counts.baseline + ended.counts.opened == 2


def test_the_end_of_an_earlier_run_touches_no_later_one(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network(**SLOW))
    rehearsal.plan(scan)
    stop(backend, backend.reread(scan))
    rehearsal.finish(scan)
    resumed = resume(backend, scan)
    rehearsal.finish(scan)
    assert backend.reread(scan) == resumed
    assert rehearsal.plan(scan) == []


def test_a_scan_paused_before_it_was_planned_is_planned_when_it_goes_on(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network(**SLOW))
    stop(backend, scan)
    assert rehearsal.run(scan)["status"] == "paused"
    resumed = resume(backend, scan)
    assert resumed.status is ScanStatus.PLANNED
    assert rehearsal.run(resumed)["status"] == "completed"


def test_a_paused_scan_can_be_cancelled_and_frees_its_network(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network(**SLOW))
    rehearsal.plan(scan)
    stop(backend, backend.reread(scan))
    rehearsal.finish(scan)
    assert stop(backend, scan, Stop.CANCEL).status is ScanStatus.CANCELLED
    assert backend.scans.live(scan.project, scan.network) == ""


def test_a_halt_holds_every_chunk_without_anybody_being_asked(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network(**SLOW))
    items = rehearsal.plan(scan)
    backend.halts.set(Halt(scope="ORG", by="somebody", why="it hurts", at=NOW))
    rehearsal.chunks(items)
    assert rehearsal.worker.tasks == []
    assert rehearsal.finish(scan)["status"] == "paused"
    assert backend.reread(scan).stop == Stop.HALT


def test_outside_of_its_hours_a_scan_waits_for_them(backend: Backend, rehearsal: Rehearsal) -> None:
    network = backend.network(**SLOW, window=window_around_now(is_open=False))
    scan = backend.scan(network)
    rehearsal.run(scan)
    waiting = backend.reread(scan)
    assert rehearsal.worker.tasks == []
    assert (waiting.status, waiting.stop) == (ScanStatus.PAUSED, Stop.WINDOW)
    assert waiting.resume_at is not None
    assert resume(backend, scan).status is ScanStatus.PAUSED


def test_within_its_hours_a_chunk_is_told_when_they_end(backend: Backend, rehearsal: Rehearsal) -> None:
    network = backend.network(**SLOW, window=window_around_now(is_open=True))
    scan = backend.scan(network)
    rehearsal.run(scan)
    (first, *_) = backend.ledger.list(scan.project, scan.id)
    assert first.not_after is not None
    assert first.not_after > utc_now()


def test_a_chunk_waits_while_the_projects_tasks_are_all_taken(backend: Backend, rehearsal: Rehearsal) -> None:
    backend.projects.create(Project(id=backend.project, name="p", created=NOW, limits=Limits(max_tasks=1, rate=1000)))
    first, second = (backend.scan(backend.network(**SLOW)) for _ in range(2))
    (one, *_), (other, *_) = rehearsal.plan(first), rehearsal.plan(second)
    assert rehearsal.admit(one)["decision"] == "go"
    refused = rehearsal.admit(other)
    assert (refused["decision"], refused["seconds"], refused["waits"]) == ("wait", 5, 1)
    rehearsal.judged(one)
    assert rehearsal.admit(other)["decision"] == "go"


def test_a_scan_that_waited_long_for_its_budget_rests_and_tries_again_by_itself(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    backend.projects.create(Project(id=backend.project, name="p", created=NOW, limits=Limits(max_tasks=1)))
    first, second = (backend.scan(backend.network(**SLOW)) for _ in range(2))
    (one, *_), others = rehearsal.plan(first), rehearsal.plan(second)
    rehearsal.admit(one)
    rehearsal.chunks(others)
    rehearsal.finish(second)
    resting = backend.reread(second)
    assert (resting.status, resting.stop) == (ScanStatus.PAUSED, Stop.BUDGET)
    assert resting.resume_at is not None


def test_a_scan_that_its_bound_has_no_money_for_goes_on_once_the_bound_is_raised(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    rehearsal.worker.truth = TRUTH
    one_task = micros_of(MACHINE, 500, open_ports=8)
    limits = Limits(usd_a_scan=one_task / 1_000_000)
    backend.projects.create(Project(id=backend.project, name="p", created=NOW, limits=limits))
    scan = backend.scan(backend.network(**SLOW))
    items = rehearsal.plan(scan)
    rehearsal.chunks(items)
    assert rehearsal.worker.tasks == [items[0]["chunk"]], "of several, for one of which there was money"
    assert len(items) > 1
    assert rehearsal.finish(scan)["status"] == "paused"
    paused = backend.reread(scan)
    assert (paused.stop, paused.resume_at) == (Stop.MONEY, None)
    assert "might cost more than what is left" in paused.stop_why
    assert 0 < backend.allotments.spent(scan.project, scan.id, at=utc_now()).scan <= one_task

    assert rehearsal.run(resume(backend, scan))["status"] == "paused", "nothing has changed"
    assert len(rehearsal.worker.tasks) == 1

    backend.projects.limit(scan.project, Limits(usd_a_scan=1), expected=1)
    assert rehearsal.run(resume(backend, scan))["status"] == "completed"
    ended = backend.reread(scan)
    assert (ended.run, ended.counts.cells_covered, ended.counts.open_ports) == (3, 8, 2)
    assert len(rehearsal.worker.tasks) == len(items)
