"""A tick starts its scan once, or says why not."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest

from functions.adapters.workflow import Workflow
from functions.core.errors import Unavailable
from functions.core.halt import Halt
from functions.core.network import Network
from functions.core.scan import ScanEvent
from functions.core.tick import Tick, TickOutcome
from functions.usecases.run_tick import RunTick
from functions.usecases.start_scan import StartScan
from tests.backend import NOW, Backend

DAILY = "cron(0 3 * * ? *)"
DUE = "2026-11-21T03:00:00Z"
UNFILLED = "<aws.scheduler.scheduled-time>"


@dataclass
class FakeWorkflow:
    """Takes every start; while `down` it takes none."""

    started: list[str] = field(default_factory=list)
    down: bool = False

    def start(self, *, project: str, scan: str, run: int) -> None:
        if self.down:
            raise Unavailable("no answer")
        self.started.append(scan)


@dataclass
class Stage:
    backend: Backend
    workflow: FakeWorkflow = field(default_factory=FakeWorkflow)

    def tick(self, network: Network, scheduled_time: str = DUE, sent: datetime = NOW) -> Tick:
        start_scan = StartScan(
            networks=self.backend.networks,
            scans=self.backend.scans,
            halts=self.backend.halts,
            workflow=cast("Workflow", self.workflow),
            bounds=self.backend.bounds,
        )
        run = RunTick(networks=self.backend.networks, ticks=self.backend.ticks, start_scan=start_scan)
        return run(project=network.project, network=network.id, scheduled_time=scheduled_time, sent=sent, now=NOW)

    def scans(self, network: Network) -> list[str]:
        return [scan.id for scan in self.backend.scans.list(network.project, network=network.id).items]


@pytest.fixture
def stage(backend: Backend) -> Stage:
    return Stage(backend)


def test_a_tick_starts_the_scan_of_its_time_and_records_it(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    tick = stage.tick(network)
    assert tick.outcome is TickOutcome.STARTED
    assert stage.scans(network) == [tick.scan] == stage.workflow.started
    scan = stage.backend.scans.get(network.project, tick.scan or "")
    assert (scan.cause.kind, scan.cause.principal) == ("schedule", "schedule")
    assert stage.backend.ticks.get(network.project, network.id, tick.scheduled) == tick


def test_a_tick_under_a_halt_is_held_and_says_why(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    stage.backend.halts.set(Halt(scope=network.project, by="eve", why="it hurts", at=NOW))
    tick = stage.tick(network)
    assert (tick.outcome, tick.scan) == (TickOutcome.HELD, None)
    assert "it hurts" in tick.reason
    assert stage.scans(network) == []


def test_a_repeated_tick_starts_no_second_scan(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    assert stage.tick(network) == stage.tick(network)
    assert len(stage.scans(network)) == 1


def test_a_repeated_tick_starts_nothing_even_after_its_scan_has_ended(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    scan = stage.backend.scans.get(network.project, stage.tick(network).scan or "")
    stage.backend.scans.transition(scan, ScanEvent.CANCEL, ended=NOW)
    stage.tick(network)
    assert stage.scans(network) == [scan.id]
    assert stage.workflow.started == [scan.id]


def test_a_crash_between_the_scan_and_its_workflow_is_healed_by_the_repeat(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    stage.workflow.down = True
    with pytest.raises(Unavailable):
        stage.tick(network)
    stage.workflow.down = False
    assert stage.tick(network).outcome is TickOutcome.STARTED
    assert stage.workflow.started == stage.scans(network)


def test_the_next_tick_is_skipped_while_the_scan_is_live_and_stays_skipped(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    first = stage.tick(network)
    later = "2026-11-22T03:00:00Z"
    skipped = stage.tick(network, later)
    assert (skipped.outcome, skipped.scan) == (TickOutcome.SKIPPED, first.scan)
    scan = stage.backend.scans.get(network.project, first.scan or "")
    stage.backend.scans.transition(scan, ScanEvent.CANCEL, ended=NOW)
    assert stage.tick(network, later) == skipped
    assert stage.scans(network) == [first.scan]


@pytest.mark.parametrize("schedule", ["", DAILY])
def test_a_schedule_that_is_off_starts_nothing(stage: Stage, schedule: str) -> None:
    network = stage.backend.network(schedule=schedule, schedule_on=False)
    assert stage.tick(network).outcome is TickOutcome.OFF
    assert stage.scans(network) == []


def test_a_network_that_is_gone_starts_nothing(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    stage.backend.networks.delete(network.project, network.id, expected=1)
    assert stage.tick(network).outcome is TickOutcome.OFF
    assert stage.tick(network, UNFILLED).outcome is TickOutcome.OFF


def test_a_network_that_may_not_be_scanned_any_more_is_refused_by_name(stage: Stage) -> None:
    network = stage.backend.network("127.0.0.1", schedule=DAILY)
    tick = stage.tick(network)
    assert tick.outcome is TickOutcome.REFUSED
    assert tick.reason.startswith("targets.0: ")


def test_a_time_that_was_not_filled_in_is_the_schedules_own_last_one(stage: Stage) -> None:
    network = stage.backend.network(schedule=DAILY)
    tick = stage.tick(network, UNFILLED)
    assert tick.scheduled.isoformat() == "2026-11-21T03:00:00+00:00"
    repeated = stage.tick(network, UNFILLED, sent=NOW + timedelta(seconds=30))
    assert repeated == tick
    assert len(stage.scans(network)) == 1
