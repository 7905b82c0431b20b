"""A confirmation is made once for a scan, of cells that the network still holds, beside whatever else is live."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from functions.adapters.resolver import Resolver
from functions.adapters.workflow import Workflow
from functions.core.errors import InvalidInput, NotFound, Unavailable
from functions.core.halt import Halt
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.profile import CONFIRM
from functions.core.scan import CellRef, Scan, ScanEvent, ScanStatus
from functions.store.counters import Counters
from functions.usecases.confirm_openings import MAX_CELLS, ConfirmOpenings
from functions.usecases.plan_scan import Limits, PlanScan
from tests.authorities import lean
from tests.backend import NOW, Backend
from tests.core.specs import means


@dataclass
class FakeWorkflow:
    started: list[str] = field(default_factory=list)
    down: bool = False

    def start(self, *, project: str, scan: str, run: int) -> None:
        if self.down:
            raise Unavailable("no answer")
        self.started.append(scan)


def tcp(asset: str, port: int) -> CellRef:
    return CellRef(asset=asset, protocol=Protocol.TCP, port=port)


@dataclass
class Stage:
    backend: Backend
    workflow: FakeWorkflow = field(default_factory=FakeWorkflow)

    def ended(self, network: Network) -> Scan:
        scan = self.backend.scans.transition(self.backend.scan(network), ScanEvent.START, started=NOW)
        return self.backend.scans.transition(scan, ScanEvent.COMPLETE, ended=NOW)

    def confirm(self, scan: Scan, *cells: CellRef, **fields: Any) -> Scan | None:
        confirm = ConfirmOpenings(
            networks=self.backend.networks,
            scans=self.backend.scans,
            halts=self.backend.halts,
            workflow=cast("Workflow", self.workflow),
            bounds=self.backend.bounds,
        )
        asked = {"project": scan.project, "network": scan.network, "scan": scan.id, **fields}
        return confirm(**asked, cells=cells, now=NOW)


@pytest.fixture
def stage(backend: Backend) -> Stage:
    return Stage(backend)


def test_a_confirmation_is_a_scan_of_its_own_with_these_cells_alone(stage: Stage) -> None:
    scan = stage.ended(stage.backend.network(rate=400))
    made = stage.confirm(scan, tcp("10.0.0.1", 22), tcp("10.0.0.2", 80))
    assert made is not None
    assert stage.backend.reread(made) == made
    assert (made.kind, made.cause.kind, made.cause.key) == ("confirm", "confirm", scan.id)
    assert made.snapshot.cells == (tcp("10.0.0.1", 22), tcp("10.0.0.2", 80))
    assert made.snapshot.profile == CONFIRM
    assert stage.workflow.started == [made.id]


def test_asked_again_it_is_the_same_and_starts_nothing_new(stage: Stage) -> None:
    scan = stage.ended(stage.backend.network())
    made = stage.confirm(scan, tcp("10.0.0.1", 22))
    assert made is not None
    assert stage.confirm(scan, tcp("10.0.0.2", 80)) == made
    running = stage.backend.scans.transition(made, ScanEvent.START, started=NOW)
    assert stage.confirm(scan, tcp("10.0.0.1", 22)) == running
    assert set(stage.workflow.started) == {made.id}
    assert len(stage.backend.scans.list(scan.project, network=scan.network, kind="confirm").items) == 1


def test_a_workflow_that_could_not_be_started_is_by_the_repeat(stage: Stage) -> None:
    scan = stage.ended(stage.backend.network())
    stage.workflow.down = True
    with pytest.raises(Unavailable):
        stage.confirm(scan, tcp("10.0.0.1", 22))
    stage.workflow.down = False
    made = stage.confirm(scan, tcp("10.0.0.1", 22))
    assert made is not None
    assert stage.workflow.started == [made.id]


def test_it_goes_on_beside_a_live_scan_and_its_end_leaves_that_one_alone(stage: Stage) -> None:
    network = stage.backend.network()
    made = stage.confirm(stage.ended(network), tcp("10.0.0.1", 22))
    assert made is not None
    live = stage.backend.scan(network, id=made.id[:-4] + "ZZZZ")
    assert {scan.id for scan in stage.backend.scans.live_of(network.project, network.id)} == {made.id, live.id}
    running = stage.backend.scans.transition(made, ScanEvent.START, started=NOW)
    assert (network.project, made.id) in list(stage.backend.scans.all_live())
    stage.backend.scans.transition(running, ScanEvent.COMPLETE, ended=NOW)
    assert stage.backend.scans.live(network.project, network.id) == live.id
    assert list(stage.backend.scans.all_live()) == [(network.project, live.id)]


def test_cells_that_the_network_does_not_hold_are_left_out(stage: Stage) -> None:
    network = stage.backend.network("10.0.0.0/24", exclusions=("10.0.0.9",))
    made = stage.confirm(
        stage.ended(network),
        tcp("10.0.0.1", 22),
        tcp("10.0.0.1", 22),
        tcp("10.0.0.9", 22),
        tcp("10.0.1.1", 22),
        tcp("10.0.0.1", 443),
        CellRef(asset="10.0.0.1", protocol=Protocol.UDP, port=22),
    )
    assert made is not None
    assert made.snapshot.cells == (tcp("10.0.0.1", 22),)


def test_with_nothing_left_there_is_no_confirmation(stage: Stage) -> None:
    network = stage.backend.network("10.0.0.0/24", exclusions=("10.0.0.9",))
    scan = stage.ended(network)
    assert stage.confirm(scan) is None
    assert stage.confirm(scan, tcp("10.0.0.9", 22)) is None
    stage.backend.networks.update(network.model_copy(update={"enabled": False}), expected=network.version)
    assert stage.confirm(scan, tcp("10.0.0.1", 22)) is None
    stage.backend.networks.delete(network.project, network.id, expected=network.version + 1)
    assert stage.confirm(scan, tcp("10.0.0.1", 22)) is None
    assert stage.workflow.started == []


def test_under_a_halt_there_is_none(stage: Stage) -> None:
    network = stage.backend.network("10.0.0.0/24")
    stage.backend.halts.set(Halt(scope="ORG", by="eve", why="it hurts", at=NOW))
    assert stage.confirm(stage.ended(network), tcp("10.0.0.1", 22)) is None
    assert stage.workflow.started == []


def test_more_cells_than_fit_wait_for_the_next_scan(stage: Stage) -> None:
    scan = stage.ended(stage.backend.network("10.0.0.0/16"))
    made = stage.confirm(scan, *[tcp(f"10.0.{number // 200}.{number % 200}", 22) for number in range(1200)])
    assert made is not None
    assert len(made.snapshot.cells) == MAX_CELLS


def test_what_cannot_be_confirmed_is_refused(stage: Stage) -> None:
    network = stage.backend.network()
    scan = stage.ended(network)
    made = stage.confirm(scan, tcp("10.0.0.1", 22))
    assert made is not None
    ended = stage.backend.scans.transition(
        stage.backend.scans.transition(made, ScanEvent.START), ScanEvent.COMPLETE, ended=NOW
    )
    with pytest.raises(InvalidInput, match="not confirmed again"):
        stage.confirm(ended, tcp("10.0.0.1", 22))
    with pytest.raises(InvalidInput, match="once it has ended"):
        stage.confirm(stage.backend.scan(network), tcp("10.0.0.1", 22))
    with pytest.raises(NotFound):
        stage.confirm(scan, tcp("10.0.0.1", 22), network=stage.backend.network().id)
    with pytest.raises(NotFound):
        stage.confirm(scan.model_copy(update={"id": network.id}), tcp("10.0.0.1", 22))


def test_its_plan_is_of_its_cells_and_counts_those_that_are_lost(stage: Stage) -> None:
    backend = stage.backend
    network = backend.network("10.0.0.0/24", "web.example", "gone.example")
    cells = (tcp("10.0.0.1", 22), tcp("10.0.0.7", 80), tcp("web.example", 80), tcp("gone.example", 22))
    made = stage.confirm(stage.ended(network), *cells, tcp("gone.example", 80))
    assert made is not None
    backend.networks.update(network.model_copy(update={"exclusions": ("10.0.0.7",)}), expected=network.version)
    plan = PlanScan(
        scans=backend.scans,
        networks=backend.networks,
        projects=backend.projects,
        counters=Counters(backend.table),
        exposures=backend.exposures,
        ledger=backend.ledger,
        results=backend.results,
        resolver=Resolver(lambda name: ("192.0.2.1",) if name == "web.example" else ()),
        lean=lean(backend.bounds),
        limits=Limits(means=means(max_tasks=4, chunk_seconds=60, deadline_s=300), lease_s=400),
    )
    plan(project=made.project, scan=made.id, run=1, now=NOW)
    running = backend.reread(made)
    assert running.status is ScanStatus.RUNNING
    chunks = backend.ledger.list(made.project, made.id)
    specs = [backend.results.get_spec(made.project, made.id, chunk.chunk) for chunk in chunks]
    assert sorted((spec.ports, *(each.name for each in spec.hosts)) for spec in specs) == [
        ("22",),
        ("80", "web.example"),
    ]
    assert (running.counts.chunks, running.counts.cells) == (2, 4), "two that are probed and two of a name that is lost"
