"""What crashes left behind is mended, each scan by itself."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest

from functions.adapters.queue import Queue
from functions.adapters.workflow import Workflow
from functions.core.authority import LeanedOn
from functions.core.errors import Unavailable, VedetteError
from functions.core.halt import Halt
from functions.core.scan import Scan, ScanEvent, ScanStatus
from functions.core.stop import Stop
from functions.core.window import Blackout, Hours, Window
from functions.store import keys
from functions.store.conditions import EXISTS
from functions.usecases.next_run import NextRun
from functions.usecases.resume_scan import ResumeScan
from functions.usecases.stop_scan import StopScan
from functions.usecases.sweep import GIVE_UP_AFTER, START_AFTER, STOP_AFTER, Mended, Sweep
from tests.backend import NOW, Backend
from tests.core.authorities import authority


@dataclass
class FakeWorkflow:
    """Step Functions, as far as a sweep looks: `statuses` by scan; a scan that is missing was never started."""

    statuses: dict[str, str] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    unavailable_for: str = ""

    def status(self, *, scan: str, run: int) -> str:
        if scan == self.unavailable_for:
            raise Unavailable("no answer")
        return self.statuses.get(scan, "")

    def start(self, *, project: str, scan: str, run: int) -> None:
        self.started.append(scan)

    def stop(self, *, scan: str, run: int, cause: str) -> None:
        self.stopped.append(scan)


@dataclass
class FakeQueue:
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


@dataclass
class Stage:
    backend: Backend
    workflow: FakeWorkflow = field(default_factory=FakeWorkflow)
    endings: FakeQueue = field(default_factory=FakeQueue)
    errors: list[str] = field(default_factory=list)

    def sweep(self, after: timedelta) -> dict[str, Mended]:
        def note(scan: str, error: VedetteError) -> None:
            self.errors.append(f"{scan} {error.slug}")

        backend, workflow = self.backend, cast("Workflow", self.workflow)
        sweep = Sweep(
            scans=backend.scans,
            networks=backend.networks,
            halts=backend.halts,
            workflow=workflow,
            endings=cast("Queue", self.endings),
            stop_scan=StopScan(scans=backend.scans, ledger=backend.ledger, workflow=workflow),
            resume_scan=ResumeScan(
                next_run=NextRun(scans=backend.scans, networks=backend.networks, halts=backend.halts, workflow=workflow)
            ),
            bounds=backend.bounds,
        )
        return sweep(now=NOW + after, on_error=note)


@pytest.fixture
def stage(backend: Backend) -> Stage:
    return Stage(backend)


@pytest.fixture
def scan(backend: Backend) -> Scan:
    return backend.scan(backend.network())


MINUTE = timedelta(minutes=1)


def test_a_scan_about_to_be_started_is_left_alone(stage: Stage, scan: Scan) -> None:
    assert stage.sweep(START_AFTER - MINUTE) == {scan.id: Mended.NOTHING}
    assert stage.workflow.started == []


def test_a_scan_that_was_never_started_is_started(stage: Stage, scan: Scan) -> None:
    assert stage.sweep(START_AFTER + MINUTE) == {scan.id: Mended.STARTED}
    assert stage.workflow.started == [scan.id]


def test_a_scan_that_cannot_be_started_is_given_up_in_time(stage: Stage, scan: Scan) -> None:
    assert stage.sweep(GIVE_UP_AFTER + MINUTE) == {scan.id: Mended.ENDED}
    assert stage.endings.sent == [
        {"project": scan.project, "scan": scan.id, "run": 1, "reason": "the workflow could not be started"}
    ]


def test_a_cancelled_scan_that_was_never_started_is_ended_not_started(stage: Stage, scan: Scan) -> None:
    stage.backend.scans.request_stop(scan, Stop.CANCEL, now=NOW)
    assert stage.sweep(START_AFTER + MINUTE) == {scan.id: Mended.ENDED}
    assert stage.workflow.started == []


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_a_live_scan_whose_workflow_has_ended_is_finished(stage: Stage, scan: Scan, status: str) -> None:
    stage.workflow.statuses[scan.id] = status
    assert stage.sweep(MINUTE) == {scan.id: Mended.ENDED}
    assert status.lower() in stage.endings.sent[0]["reason"]


def test_a_running_scan_is_left_alone(stage: Stage, scan: Scan) -> None:
    stage.workflow.statuses[scan.id] = "RUNNING"
    assert stage.sweep(10 * GIVE_UP_AFTER) == {scan.id: Mended.NOTHING}


@pytest.mark.parametrize(("after", "mended"), [(STOP_AFTER - MINUTE, Mended.NOTHING), (STOP_AFTER, Mended.STOPPED)])
def test_a_workflow_that_does_not_obey_a_cancel_is_aborted_in_time(
    stage: Stage, scan: Scan, after: timedelta, mended: Mended
) -> None:
    stage.workflow.statuses[scan.id] = "RUNNING"
    stage.backend.scans.request_stop(scan, Stop.CANCEL, now=NOW)
    assert stage.sweep(after) == {scan.id: mended}
    assert stage.workflow.stopped == ([scan.id] if mended is Mended.STOPPED else [])


def test_scans_that_have_ended_are_not_looked_at(stage: Stage, scan: Scan) -> None:
    stage.backend.scans.transition(scan, ScanEvent.CANCEL, ended=NOW)
    assert stage.sweep(GIVE_UP_AFTER) == {}


def test_a_scan_that_cannot_be_mended_now_does_not_hold_up_the_others(stage: Stage, scan: Scan) -> None:
    other = stage.backend.scan(stage.backend.network())
    stage.workflow.unavailable_for = scan.id
    assert stage.sweep(START_AFTER + MINUTE) == {other.id: Mended.STARTED}
    assert stage.errors == [f"{scan.id} unavailable"]


def test_a_scan_that_cannot_be_read_does_not_hold_up_the_others(stage: Stage, scan: Scan) -> None:
    other = stage.backend.scan(stage.backend.network())
    stage.backend.table.update(keys.scans(scan.project), scan.id, {"run": "first"}, EXISTS)
    assert stage.sweep(START_AFTER + MINUTE) == {other.id: Mended.STARTED}
    assert stage.errors == [f"{scan.id} corrupt"]


def test_a_scan_whose_authority_counts_no_more_is_asked_to_stop(stage: Stage, scan: Scan) -> None:
    backend = stage.backend
    ended = authority("10.0.0.0/8", project=backend.project, until=NOW)
    backend.bounds.authorities.create(ended)
    leaned = (LeanedOn(id=ended.id, until=ended.until),)
    backend.scans.update(scan, snapshot=scan.snapshot.model_copy(update={"authorities": leaned}))
    stage.workflow.statuses[scan.id] = "RUNNING"
    assert stage.sweep(timedelta()) == {scan.id: Mended.STOPPED}
    assert backend.reread(scan).stop == "authority"
    assert backend.ledger.stop_requested(scan.project, scan.id, run=1) == "authority"
    assert stage.sweep(timedelta()) == {scan.id: Mended.NOTHING}


def test_a_running_scan_keeps_to_hours_that_were_edited_since_its_tasks_began(stage: Stage, backend: Backend) -> None:
    network = backend.network()
    scan = backend.scans.transition(backend.scan(network), ScanEvent.START, started=NOW)
    stage.workflow.statuses[scan.id] = "RUNNING"
    assert stage.sweep(timedelta()) == {scan.id: Mended.NOTHING}
    until_noon = Window(hours=(Hours(start="00:00", end="12:00"),))
    edited = network.model_copy(update={"window": until_noon, "version": network.version + 1})
    backend.networks.update(edited, expected=network.version)
    assert stage.sweep(timedelta()) == {scan.id: Mended.NOTHING}
    assert stage.sweep(timedelta(hours=4)) == {scan.id: Mended.STOPPED}
    asked = backend.reread(scan)
    assert (asked.status, asked.stop) == (ScanStatus.RUNNING, Stop.WINDOW)
    assert backend.ledger.stop_requested(scan.project, scan.id, run=1) == "window"
    assert stage.sweep(timedelta(hours=4)) == {scan.id: Mended.NOTHING}


def test_what_has_not_begun_waits_for_the_gate_to_look_at_the_hours(stage: Stage, backend: Backend) -> None:
    blackout = Window(blackouts=(Blackout(first="2026-11-21"),))
    scan = backend.scan(backend.network(window=blackout))
    assert stage.sweep(START_AFTER + MINUTE) == {scan.id: Mended.STARTED}
    assert not backend.reread(scan).stop


def paused(stage: Stage, scan: Scan, stop: Stop, **fields: Any) -> Scan:
    running = stage.backend.scans.transition(scan, ScanEvent.START, started=NOW)
    return stage.backend.scans.transition(running, ScanEvent.PAUSE, stop=stop, paused=NOW, **fields)


def test_a_scan_that_waits_for_its_hours_goes_on_when_they_come_and_not_before(stage: Stage, scan: Scan) -> None:
    paused(stage, scan, Stop.WINDOW, resume_at=NOW + 2 * MINUTE)
    assert stage.sweep(MINUTE) == {scan.id: Mended.NOTHING}
    assert stage.sweep(2 * MINUTE) == {scan.id: Mended.RESUMED}
    assert stage.backend.reread(scan).run == 2
    assert stage.workflow.started == [scan.id]


@pytest.mark.parametrize("stop", [Stop.PAUSE, Stop.HALT])
def test_what_a_person_stopped_waits_for_a_person(stage: Stage, scan: Scan, stop: Stop) -> None:
    paused(stage, scan, stop)
    assert stage.sweep(10 * GIVE_UP_AFTER) == {scan.id: Mended.NOTHING}


def test_nothing_goes_on_by_itself_under_a_halt(stage: Stage, scan: Scan) -> None:
    paused(stage, scan, Stop.WINDOW, resume_at=NOW)
    stage.backend.halts.set(Halt(scope="ORG", by="eve", why="it hurts", at=NOW))
    assert stage.sweep(MINUTE) == {scan.id: Mended.NOTHING}
    stage.backend.halts.release("ORG", why="over")
    assert stage.sweep(MINUTE) == {scan.id: Mended.RESUMED}


def test_a_scan_under_a_halt_that_nobody_has_asked_is_asked(stage: Stage, scan: Scan) -> None:
    stage.workflow.statuses[scan.id] = "RUNNING"
    stage.backend.halts.set(Halt(scope=scan.project, by="eve", why="it hurts", at=NOW))
    assert stage.sweep(MINUTE) == {scan.id: Mended.HALTED}
    asked = stage.backend.reread(scan)
    assert (asked.stop, "it hurts" in asked.stop_why) == (Stop.HALT, True)
    assert stage.sweep(MINUTE) == {scan.id: Mended.NOTHING}
