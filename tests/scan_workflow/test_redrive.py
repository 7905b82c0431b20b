"""A scan that lost chunks is redriven: they and no others run again, and it tells then what is true then, through every step's handler."""

from functions.core.chunk import ChunkStatus
from functions.core.halt import Halt
from functions.core.scan import Scan, ScanStatus
from functions.core.stop import Stop
from functions.usecases.next_run import NextRun
from functions.usecases.redrive_scan import RedriveScan
from functions.wiring.clock import utc_now
from tests.backend import NOW, Backend
from tests.platform_in_memory import FakeWorkflow
from tests.scan_workflow.rehearsal import Rehearsal
from tests.scan_workflow.test_pause import SLOW, TRUTH, resume, stop


def redrive(backend: Backend, scan: Scan, workflow: FakeWorkflow | None = None) -> Scan:
    next_run = NextRun(
        scans=backend.scans, networks=backend.networks, halts=backend.halts, workflow=workflow or FakeWorkflow()
    )
    redrive_scan = RedriveScan(next_run=next_run, bounds=backend.bounds)
    return redrive_scan(project=scan.project, scan=scan.id, now=utc_now())


def statuses(backend: Backend, scan: Scan) -> list[tuple[ChunkStatus, int, int]]:
    return [(each.status, each.run, each.attempt) for each in backend.ledger.list(scan.project, scan.id)]


def lost_two_of_four(backend: Backend, rehearsal: Rehearsal) -> Scan:
    """One chunk's workers die, another's saves half: the scan ends partial."""
    rehearsal.worker.truth = TRUTH
    rehearsal.worker.behaviours = {("00000", task): "dies" for task in (1, 2, 3)}
    rehearsal.worker.behaviours["00001", 1] = "saves half"
    scan = backend.scan(backend.network("10.0.0.0/29", rate=10, profile="discovery"))
    assert rehearsal.run(scan)["status"] == "partial"
    rehearsal.worker.behaviours = {}
    rehearsal.worker.tasks.clear()
    return backend.reread(scan)


def test_only_what_was_lost_runs_again_and_the_scan_completes(backend: Backend, rehearsal: Rehearsal) -> None:
    ended = lost_two_of_four(backend, rehearsal)
    before = statuses(backend, ended)
    assert [each[0] for each in before[:2]] == [ChunkStatus.FAILED, ChunkStatus.INGESTED]
    assert backend.scans.live(ended.project, ended.network) == ""

    again = redrive(backend, ended)
    assert (again.status, again.run, again.ended, again.reason) == (ScanStatus.RUNNING, 2, None, "")
    assert backend.scans.live(ended.project, ended.network) == ended.id
    assert (ended.project, ended.id) in set(backend.scans.all_live())
    assert rehearsal.run(again)["status"] == "completed"
    assert rehearsal.worker.tasks == ["00000", "00001"]
    after = statuses(backend, ended)
    assert after[:2] == [(ChunkStatus.INGESTED, 2, 4), (ChunkStatus.INGESTED, 2, 2)]
    assert after[2:] == before[2:]
    whole = backend.reread(ended)
    counts = whole.counts
    assert (counts.cells_covered, counts.cells, counts.open_ports, counts.chunks_failed) == (16, 16, 2, 0)
    assert (counts.baseline, whole.reason, whole.started) == (2, "", ended.started)
    assert backend.scans.live(ended.project, ended.network) == ""
    found = {
        (each.asset, each.port)
        for each in backend.exposures.of_block(ended.project, ended.network, "10.0.0.0", "10.0.0.7")
    }
    assert found == TRUTH


def test_a_document_that_could_not_be_taken_in_is_scanned_again(backend: Backend, rehearsal: Rehearsal) -> None:
    rehearsal.worker.truth = TRUTH
    rehearsal.worker.behaviours = {("00000", 1): "saves rubbish"}
    scan = backend.scan(backend.network(rate=1000, profile="discovery"))
    assert rehearsal.run(scan)["status"] == "failed"
    assert rehearsal.run(redrive(backend, scan))["status"] == "completed"
    assert backend.reread(scan).counts.open_ports == 2


def test_one_that_loses_its_chunks_again_ends_as_before_and_can_be_redriven_again(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    scan = backend.scan(backend.network(rate=1000, profile="discovery"))
    rehearsal.worker.behaviours = {("00000", task): "dies" for task in range(1, 7)}
    assert rehearsal.run(scan)["status"] == "failed"
    second = redrive(backend, scan)
    assert rehearsal.run(second)["status"] == "failed"
    assert len(rehearsal.worker.tasks) == 6
    third = redrive(backend, scan)
    assert (third.run, rehearsal.run(third)["status"]) == (3, "completed")


def test_one_whose_plan_failed_is_planned(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network(**SLOW))
    assert rehearsal.finish(scan)["status"] == "failed"
    again = redrive(backend, scan)
    assert (again.status, again.run) == (ScanStatus.PLANNED, 2)
    assert rehearsal.run(again)["status"] == "completed"


def test_what_was_excluded_since_its_end_is_told_to_the_workers(backend: Backend, rehearsal: Rehearsal) -> None:
    ended = lost_two_of_four(backend, rehearsal)
    network = backend.networks.get(ended.project, ended.network)
    backend.networks.update(network.model_copy(update={"exclusions": ("10.0.0.1",)}), expected=network.version)
    assert backend.ledger.exclusions(ended.project, ended.id) == ()
    rehearsal.plan(redrive(backend, ended))
    assert backend.ledger.exclusions(ended.project, ended.id) == ("10.0.0.1",)


def test_one_that_is_halted_before_its_plan_is_paused_and_what_was_lost_waits_for_the_next_run(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    ended = lost_two_of_four(backend, rehearsal)
    again = redrive(backend, ended)
    stop(backend, again, Stop.HALT)
    assert rehearsal.run(again)["status"] == "paused"
    assert (backend.reread(ended).stop, rehearsal.worker.tasks) == (Stop.HALT, [])
    assert rehearsal.run(resume(backend, ended))["status"] == "completed"
    assert rehearsal.worker.tasks == ["00000", "00001"]


def test_what_is_lost_in_a_redrive_is_not_taken_up_by_a_resume(backend: Backend, rehearsal: Rehearsal) -> None:
    ended = lost_two_of_four(backend, rehearsal)
    rehearsal.worker.behaviours = {("00000", task): "dies" for task in (1, 2, 3)}
    again = redrive(backend, ended)
    first, second = rehearsal.plan(again)
    rehearsal.chunk(first)
    backend.halts.set(Halt(scope="ORG", by="somebody", why="it hurts", at=NOW))
    rehearsal.chunk(second)
    assert rehearsal.finish(again)["status"] == "paused"
    backend.halts.release("ORG", why="over")
    rehearsal.worker.tasks.clear()
    assert rehearsal.run(resume(backend, ended))["status"] == "partial"
    assert rehearsal.worker.tasks == ["00001"]


def test_asked_again_it_starts_what_a_crash_left_unstarted_and_no_other_run(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    ended = lost_two_of_four(backend, rehearsal)
    workflow = FakeWorkflow()
    first = redrive(backend, ended)
    assert redrive(backend, ended, workflow) == first
    assert list(workflow.executions) == [f"{ended.id}-2"]


def test_the_end_of_the_run_before_touches_no_redriven_one(backend: Backend, rehearsal: Rehearsal) -> None:
    ended = lost_two_of_four(backend, rehearsal)
    again = redrive(backend, ended)
    rehearsal.finish(ended)
    assert backend.reread(ended) == again
    assert rehearsal.plan(ended) == []
