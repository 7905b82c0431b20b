"""The gate looks at what the scan leans on before every task."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from functions.core.allotment import Allotment, Budget
from functions.core.authority import Authority, AuthorityKind, AuthorityStatus, LeanedOn, proved, revoked
from functions.core.chunk import Chunk
from functions.core.errors import Unavailable
from functions.core.ids import new_id
from functions.core.prices import micros_of
from functions.core.project import Limits, Project
from functions.core.scan import Scan, ScanEvent
from functions.core.stop import Stop
from functions.core.task_cost import PORTS_HELD
from functions.store.authorities import Authorities
from functions.usecases.admit_chunk import HOLD, MOST_WAITS, Admission, AdmitChunk, Decision
from functions.usecases.authority_still_holds import AuthorityStillHolds
from functions.usecases.prove_authority import ProveAuthority
from tests.backend import NOW, Backend
from tests.core.authorities import authority
from tests.core.specs import MACHINE

ACCOUNT: dict[str, Any] = {"kind": AuthorityKind.AWS, "ranges": (), "addresses": ("10.0.0.0", "10.0.0.1")}


@dataclass
class FakeProof:
    """What an account holds by now; `down`: it does not answer."""

    authorities: Authorities
    holds: tuple[str, ...] = ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3")
    down: bool = False
    read: list[str] = field(default_factory=list)

    def __call__(self, found: Authority, *, now: datetime) -> Authority:
        if self.down:
            raise Unavailable("no answer")
        self.read.append(found.id)
        return self.authorities.change(found, proved(found, now=now, addresses=self.holds, names=()))


@dataclass
class Stage:
    backend: Backend
    authorities: Authorities
    proof: FakeProof
    leaned: Authority
    scan: Scan

    def admit(
        self,
        *,
        waits: int = 0,
        after: timedelta = timedelta(hours=1),
        spot: bool = False,
        region: str = MACHINE.region,
    ) -> Admission:
        backend = self.backend
        admit = AdmitChunk(
            scans=backend.scans,
            ledger=backend.ledger,
            networks=backend.networks,
            projects=backend.projects,
            allotments=backend.allotments,
            authority_still_holds=AuthorityStillHolds(
                authorities=self.authorities, prove=cast("ProveAuthority", self.proof), ledger=backend.ledger
            ),
            task_s=500,
            machine=MACHINE.model_copy(update={"spot": spot, "region": region}),
        )
        scan = self.scan
        return admit(project=scan.project, scan=scan.id, run=1, chunk="00000", waits=waits, now=NOW + after)

    @property
    def left_out(self) -> tuple[str, ...]:
        return self.backend.ledger.exclusions(self.scan.project, self.scan.id)


INSIDE: dict[str, Any] = {"cells": 4, "rate": 100, "public": False}


def staged(backend: Backend, *, chunk: dict[str, Any] = INSIDE, **fields: Any) -> Stage:
    """`chunk`: what its only one is to do; `fields`: of the authority."""
    backend.forbid()
    authorities = Authorities(backend.table)
    leaned = authority("10.0.0.0/24", project=backend.project, **fields)
    authorities.create(leaned)
    scan = backend.scan(backend.network("10.0.0.0/30"))
    snapshot = scan.snapshot.model_copy(update={"authorities": (LeanedOn(id=leaned.id, until=leaned.until),)})
    where = {"project": scan.project, "scan": scan.id, "chunk": "00000"}
    backend.ledger.create([Chunk.model_validate({**where, **chunk})])
    running = backend.scans.transition(scan, ScanEvent.START, started=NOW, snapshot=snapshot)
    return Stage(backend, authorities, FakeProof(authorities), leaned, running)


@pytest.fixture
def stage(backend: Backend) -> Stage:
    return staged(backend)


@pytest.fixture
def account(backend: Backend) -> Stage:
    return staged(backend, **ACCOUNT)


def test_a_chunk_of_a_scan_whose_authority_counts_goes_at_its_rate(stage: Stage) -> None:
    assert stage.admit().decision is Decision.GO
    assert stage.backend.ledger.get(stage.scan.project, stage.scan.id, "00000").granted == 100


def test_spare_capacity_is_tried_once_and_the_next_task_is_on_demand(stage: Stage) -> None:
    ledger, (project, scan) = stage.backend.ledger, (stage.scan.project, stage.scan.id)
    assert stage.admit(spot=True).capacity == "FARGATE_SPOT"
    ledger.take_back(ledger.get(project, scan, "00000"), reason="gone")
    assert stage.admit(spot=True, after=timedelta(hours=2)).capacity == "FARGATE"
    assert not ledger.get(project, scan, "00000").on_spot


def test_a_task_on_spare_capacity_that_failed_is_not_tried_there_again(stage: Stage) -> None:
    ledger, (project, scan) = stage.backend.ledger, (stage.scan.project, stage.scan.id)
    ledger.fence(ledger.claim(project, scan, "00000", run=1, now=NOW, lease_s=60))
    assert stage.admit(spot=True).capacity == "FARGATE"


def test_a_stage_that_asks_for_none_gets_no_spare_capacity(stage: Stage) -> None:
    assert stage.admit().capacity == "FARGATE"


@pytest.mark.parametrize("end", ["revoked", "over"])
def test_a_chunk_of_a_scan_whose_authority_is_gone_is_held_and_all_workers_are_asked_to_stop(
    stage: Stage, end: str
) -> None:
    if end == "revoked":
        stage.authorities.change(stage.leaned, revoked(stage.leaned, now=NOW, by="eve", why="sold"))
    assert stage.admit(after=timedelta(days=400 if end == "over" else 1)) == HOLD
    assert stage.backend.reread(stage.scan).stop == Stop.AUTHORITY
    assert stage.backend.ledger.stop_requested(stage.scan.project, stage.scan.id, run=1) == Stop.AUTHORITY


def test_an_account_is_read_again_and_what_it_released_is_left_out(account: Stage) -> None:
    account.proof.holds = ("10.0.0.0", "10.0.0.1", "10.0.0.3")
    assert account.admit().decision is Decision.GO
    assert account.left_out == ("10.0.0.2",)


def test_chunks_that_start_side_by_side_share_one_reading(account: Stage) -> None:
    account.admit()
    account.admit(after=timedelta(hours=1, seconds=5))
    assert len(account.proof.read) == 1
    account.admit(after=timedelta(hours=1, seconds=30))
    assert len(account.proof.read) == 2


def test_an_account_that_cannot_be_read_lets_nothing_start(account: Stage) -> None:
    account.proof.down = True
    assert account.admit().decision is Decision.WAIT
    assert account.admit(waits=MOST_WAITS) == HOLD
    held = account.backend.reread(account.scan)
    assert (held.stop, held.stop_why) == (Stop.BUDGET, "no answer")


def test_an_account_that_is_lost_ends_the_scan(account: Stage) -> None:
    lost = {"status": AuthorityStatus.PENDING, "left": NOW, "why": "the role is gone", "looked": NOW}
    account.authorities.change(account.leaned, lost)
    account.proof.down = False
    assert account.admit(after=timedelta(seconds=5)) == HOLD
    assert "the role is gone" in account.backend.reread(account.scan).stop_why


def bounded(stage: Stage, **limits: float) -> None:
    projects, project = stage.backend.projects, stage.backend.project
    projects.create(Project(id=project, name="office", created=NOW, limits=Limits.model_validate(limits)))


MOST = micros_of(MACHINE, 500, open_ports=4)
"""That a task of the stage may cost, which sends nothing to the internet and may find each of its cells open."""


def test_a_task_that_the_scans_budget_has_no_money_for_is_held_and_the_scan_is_asked_to_stop(stage: Stage) -> None:
    bounded(stage, usd_a_scan=(MOST - 1) / 1_000_000)
    assert stage.admit() == HOLD
    asked = stage.backend.reread(stage.scan)
    assert asked.stop is Stop.MONEY
    assert "might cost more than what is left" in asked.stop_why


@pytest.mark.parametrize(("public", "decision"), [(False, Decision.GO), (True, Decision.HOLD)])
@pytest.mark.parametrize("bound", ["usd_a_scan", "usd_a_month"])
def test_a_task_is_held_where_only_what_it_may_send_to_the_internet_would_pass_the_bound(
    backend: Backend, bound: str, public: bool, decision: Decision
) -> None:
    stage = staged(backend, chunk={"cells": 1_000_000, "rate": 60_000, "public": public})
    bounded(stage, **{bound: micros_of(MACHINE, 500, open_ports=PORTS_HELD) / 1_000_000})
    assert stage.admit().decision is decision


def test_what_a_task_may_cost_is_held_before_anybody_sets_a_bound(stage: Stage) -> None:
    assert stage.admit().decision is Decision.GO
    assert [each.micros for each in stage.backend.allotments.list(stage.backend.project)] == [MOST]


def test_where_no_prices_are_known_a_task_goes_without_a_bound_and_is_held_with_one(stage: Stage) -> None:
    assert stage.admit(region="mars-1").decision is Decision.GO
    bounded(stage, usd_a_scan=1000)
    assert stage.admit(region="mars-1") == HOLD
    asked = stage.backend.reread(stage.scan)
    assert asked.stop is Stop.MONEY
    assert "no prices are known" in asked.stop_why


def test_a_bound_is_good_to_its_last_millionth(stage: Stage) -> None:
    bounded(stage, usd_a_scan=2.01)
    stage.backend.allotments.spend(stage.backend.project, stage.scan.id, 2_010_000 - MOST, at=NOW)
    assert stage.admit().decision is Decision.GO


def test_what_was_spent_counts_for_the_scan_and_for_the_month(stage: Stage) -> None:
    bounded(stage, usd_a_month=2 * MOST / 1_000_000)
    spend = stage.backend.allotments.spend
    spend(stage.backend.project, new_id(NOW), MOST, at=NOW + timedelta(hours=1))
    spend(stage.backend.project, new_id(NOW), MOST, at=NOW - timedelta(days=31))
    assert stage.admit().decision is Decision.GO, "what another month has cost is over"

    spend(stage.backend.project, new_id(NOW), 1, at=NOW + timedelta(hours=1))
    assert stage.admit() == HOLD


def test_money_that_a_running_task_holds_is_waited_for(stage: Stage) -> None:
    bounded(stage, usd_a_scan=1.5 * MOST / 1_000_000)
    running = Allotment(
        project=stage.backend.project,
        network=stage.scan.network,
        scan=stage.scan.id,
        chunk="00009",
        rate=1,
        until=NOW + timedelta(days=1),
        micros=MOST,
    )
    stage.backend.allotments.take(running, Budget(network_rate=1000), now=NOW)
    assert stage.admit().decision is Decision.WAIT

    stage.backend.allotments.release(stage.backend.project, stage.scan.id, "00009")
    stage.backend.allotments.spend(stage.backend.project, stage.scan.id, MOST // 4, at=NOW)
    assert stage.admit().decision is Decision.GO, "it cost less than it might have"
