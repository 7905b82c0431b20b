"""A plan is made once, of what may be scanned now; a retry gives the same."""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters.aws_inventory import Found
from functions.adapters.resolver import Resolver
from functions.core.authority import Authority, LeanedOn, revoked
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.chunk_spec import assets_of
from functions.core.counting import HOSTS, OPEN_PORTS, UNNAMED, Count
from functions.core.errors import Unavailable
from functions.core.exclusion import Exclusion
from functions.core.exposure import Exposure
from functions.core.messages import ChunkSpec
from functions.core.project import Limits as ProjectLimits
from functions.core.project import Project
from functions.core.scan import Known, Scan, ScanEvent, ScanStatus
from functions.core.stop import Stop
from functions.store.counters import Counted, Counters
from functions.store.scans import Scans
from functions.usecases import plan_scan
from functions.usecases.plan_scan import Limits, Planned, PlanScan
from functions.usecases.start_scan import snapshot_of
from tests.authorities import FakeInventory, FakeTxt, lean
from tests.backend import NOW, Backend
from tests.core.authorities import authority
from tests.core.specs import means

NAMES = {
    "web.example": ("192.0.2.1", "192.0.2.2"),
    "inside.example": ("127.0.0.1",),
    "mixed.example": ("169.254.169.254", "192.0.2.3"),
}
SLOW: dict[str, Any] = {"rate": 10, "profile": "discovery"}


def planner(backend: Backend, **fields: Any) -> PlanScan:
    parts: dict[str, Any] = {
        "scans": backend.scans,
        "networks": backend.networks,
        "projects": backend.projects,
        "counters": Counters(backend.table),
        "exposures": backend.exposures,
        "ledger": backend.ledger,
        "results": backend.results,
        "resolver": Resolver(lambda name: NAMES.get(name, ())),
        "lean": lean(backend.bounds),
        "limits": Limits(means=means(max_tasks=4, chunk_seconds=1, deadline_s=300), lease_s=400),
    }
    return PlanScan(**{**parts, **fields})


def plan(backend: Backend, scan: Scan, **fields: Any) -> Planned:
    return planner(backend, **fields)(project=scan.project, scan=scan.id, run=1, now=NOW)


def items(backend: Backend, planned: Planned) -> list[dict[str, Any]]:
    body = backend.results.client.get_object(Bucket=backend.results.bucket, Key=planned.index_key)["Body"]
    lanes: list[dict[str, Any]] = json.load(body)
    assert len(lanes) <= planned.max_concurrency
    dealt = [{**lane, "chunk": chunk} for lane in lanes for chunk in lane["chunks"]]
    return sorted(dealt, key=lambda item: str(item["chunk"]))


def specs(backend: Backend, scan: Scan, planned: Planned) -> list[ChunkSpec]:
    return [backend.results.get_spec(scan.project, scan.id, item["chunk"]) for item in items(backend, planned)]


def test_the_plan_is_in_the_bucket_and_the_ledger_and_the_scan_runs(backend: Backend) -> None:
    scan = backend.scan(backend.network(**SLOW))
    planned = plan(backend, scan)
    chunks = backend.ledger.list(scan.project, scan.id)
    assert [item["chunk"] for item in items(backend, planned)] == [chunk.chunk for chunk in chunks]
    first = items(backend, planned)[0]
    assert (first["project"], first["scan"], first["run"], first["chunk"]) == (scan.project, scan.id, 1, "00000")
    assert len(chunks) > 1
    running = backend.reread(scan)
    assert (running.status, running.started) == (ScanStatus.RUNNING, NOW)
    assert (running.counts.chunks, running.counts.cells) == (len(chunks), sum(chunk.cells for chunk in chunks))
    assert planned.max_concurrency >= 1
    assert all(chunk.summary for chunk in chunks)


class Unsure(Scans):
    """The answer to a write is lost, and the write is sent again."""

    def transition(self, scan: Scan, event: ScanEvent, **changes: Any) -> Scan:
        super().transition(scan, event, **changes)
        return super().transition(scan, event, **changes)


@pytest.mark.parametrize(("target", "public"), [("10.0.0.0/30", False), ("8.8.8.0/30", True), ("web.example", True)])
def test_chunks_are_told_apart_by_whether_they_may_send_to_the_internet(
    backend: Backend, target: str, public: bool
) -> None:
    scan = backend.scan(backend.network(target, **SLOW))
    plan(backend, scan)
    assert {chunk.public for chunk in backend.ledger.list(scan.project, scan.id)} == {public}


def test_a_scan_that_began_with_its_answer_lost_is_planned_all_the_same(backend: Backend) -> None:
    scan = backend.scan(backend.network(**SLOW))
    planned = plan(backend, scan, scans=Unsure(backend.table))
    assert len(items(backend, planned)) == len(backend.ledger.list(scan.project, scan.id)) > 1
    assert backend.reread(scan).status is ScanStatus.RUNNING


def test_planning_again_gives_the_same_plan(backend: Backend) -> None:
    scan = backend.scan(backend.network("web.example", "10.0.0.0/30", **SLOW))
    first = plan(backend, scan)
    before = specs(backend, scan, first), backend.reread(scan)
    again = plan(backend, scan, resolver=Resolver(lambda _name: ("192.0.2.99",)))
    assert again == first
    assert (specs(backend, scan, again), backend.reread(scan)) == before


class CrashingOnce:
    """Stands for a ledger whose first write is lost with the process."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.stop_requested = backend.ledger.stop_requested

    def create(self, chunks: Iterable[Chunk]) -> None:
        self.backend.ledger.create(list(chunks)[:1])
        raise Unavailable("crashed")


def test_specs_are_read_no_more_than_a_batch_ahead_of_the_ledger(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = backend.scan(backend.network(**SLOW))
    read: list[str] = []
    get_spec, create = backend.results.get_spec, backend.ledger.create

    def counted(project: str, scan: str, chunk: str) -> ChunkSpec:
        read.append(chunk)
        return get_spec(project, scan, chunk)

    def slowly(chunks: Iterable[Chunk]) -> None:
        for number, chunk in enumerate(chunks):
            if number == 0:
                time.sleep(0.2)
                ahead.append(len(read))
            create((chunk,))

    ahead: list[int] = []
    monkeypatch.setattr(plan_scan, "_BATCH", 1)
    monkeypatch.setattr(backend.results, "get_spec", counted)
    monkeypatch.setattr(backend.ledger, "create", slowly)
    plan(backend, scan)
    assert ahead == [1]
    assert sorted(set(read)) == [chunk.chunk for chunk in backend.ledger.list(scan.project, scan.id)]
    assert len(set(read)) > 1


def test_a_crash_while_the_ledger_is_opened_is_healed_with_the_same_chunks(backend: Backend) -> None:
    network = backend.network(**SLOW)
    scan = backend.scan(network)
    with pytest.raises(Unavailable):
        plan(backend, scan, ledger=CrashingOnce(backend))
    written = backend.reread(scan)
    edited = network.model_copy(update={"exclusions": ("10.0.0.0/31",)})
    backend.networks.update(edited, expected=network.version)
    planned = plan(backend, scan)
    assert len(items(backend, planned)) == written.counts.chunks == len(backend.ledger.list(scan.project, scan.id))
    assert backend.reread(scan).status is ScanStatus.RUNNING


def test_a_crash_before_the_plan_counts_is_planned_anew(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = backend.scan(backend.network(**SLOW))

    def crash(_scan: Scan, **_changes: object) -> Scan:
        raise Unavailable("crashed")

    with monkeypatch.context() as broken:
        broken.setattr(backend.scans, "update", crash)
        with pytest.raises(Unavailable):
            plan(backend, scan)
    assert backend.ledger.list(scan.project, scan.id) == ()
    assert len(items(backend, plan(backend, scan))) == len(backend.ledger.list(scan.project, scan.id)) > 1


def test_exclusions_made_since_the_scan_was_asked_for_hold(backend: Backend) -> None:
    network = backend.network(**SLOW)
    scan = backend.scan(network)
    backend.networks.update(network.model_copy(update={"exclusions": ("10.0.0.1-2",)}), expected=network.version)
    found = {each.first for spec in specs(backend, scan, plan(backend, scan)) for each in spec.addresses}
    assert found == {"10.0.0.0", "10.0.0.3"}
    assert backend.reread(scan).snapshot.exclusions == ("10.0.0.1-2",)


def test_hostnames_are_pinned_and_each_address_is_checked(backend: Backend) -> None:
    scan = backend.scan(backend.network("web.example", "mixed.example", "inside.example", "gone.example", rate=1000))
    planned = plan(backend, scan)
    hosts = {host.name: host.addresses for spec in specs(backend, scan, planned) for host in spec.hosts}
    assert hosts == {"web.example": ("192.0.2.1", "192.0.2.2"), "mixed.example": ("192.0.2.3",)}
    running = backend.reread(scan)
    assert {host.name for host in running.snapshot.hosts} == {"web.example", "mixed.example", "inside.example"}
    assert "gone.example is not scanned: it has no address" in running.reason
    assert "inside.example is not scanned: its address 127.0.0.1 is" in running.reason
    assert running.counts.cells == 8, "the cells of names that cannot be scanned count as not covered"


def test_loopback_is_planned_where_the_stage_admits_it(backend: Backend) -> None:
    scan = backend.scan(backend.network("127.0.0.1"))
    limits = replace(planner(backend).limits, admit_loopback=True)
    lean_local = lean(replace(backend.bounds, admit_loopback=True))
    assert len(items(backend, plan(backend, scan, limits=limits, lean=lean_local))) == 1


def test_known_open_exposures_go_with_the_chunks_that_own_their_cells(backend: Backend) -> None:
    network = backend.network(**SLOW)
    for asset, state in (("10.0.0.1", "open"), ("10.0.0.2", "closed"), ("10.0.0.99", "open")):
        change = {"kind": "opened", "scan": network.id, "chunk": "0", "attempt": 1, "at": NOW, "how": "syn"}
        backend.exposures.save(
            Exposure.model_validate(
                {
                    "project": network.project,
                    "network": network.id,
                    "asset": asset,
                    "address": asset,
                    "protocol": "tcp",
                    "port": 22,
                    "state": state,
                    "first_seen": NOW,
                    "last_changed": NOW,
                    "change": change,
                }
            )
        )
    scan = backend.scan(network)
    known = [each.asset for spec in specs(backend, scan, plan(backend, scan)) for each in spec.known]
    assert known == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("targets", "exclusions", "reason"),
    [
        (("10.0.0.0/30",), ("10.0.0.0/29",), "nothing is left to scan"),
        (("gone.example",), (), "nothing is left to scan"),
        (("10.0.0.0/30",), ("gone.example",), "gone.example has no address to leave out"),
    ],
)
def test_a_scan_with_nothing_left_fails_with_the_reason_and_an_empty_plan(
    backend: Backend, targets: tuple[str, ...], exclusions: tuple[str, ...], reason: str
) -> None:
    scan = backend.scan(backend.network(*targets, exclusions=exclusions))
    assert items(backend, plan(backend, scan)) == []
    ended = backend.reread(scan)
    assert ended.status is ScanStatus.FAILED
    assert reason in ended.reason
    assert items(backend, plan(backend, scan)) == []
    assert backend.scans.live(scan.project, scan.network) == ""


def test_a_deadline_that_no_plan_meets_gets_the_fastest_plan_and_is_told_with_the_scan(backend: Backend) -> None:
    scan = backend.scan(backend.network(**SLOW))
    late = backend.scans.update(scan, snapshot=scan.snapshot.model_copy(update={"deadline_minutes": 1}))
    assert items(backend, plan(backend, late))

    told = backend.reread(scan)
    assert told.status is ScanStatus.RUNNING
    assert "deadline_minutes is expected to be missed: by 4 tasks" in told.reason
    assert "minutes at least: give it so long" in told.reason


def test_what_the_inventory_has_is_kept_with_the_scan_for_all_its_runs(backend: Backend) -> None:
    network = backend.network(**SLOW)
    scan = backend.scan(network)
    changes = {HOSTS: 3, OPEN_PORTS: 7, UNNAMED: 2}
    counted = Count(project=network.project, network=network.id, day=NOW.date(), changes=changes)
    Counters(backend.table).add(network.project, network.id, [Counted("EXP#", 1, counted)])
    plan(backend, scan)

    assert backend.reread(scan).snapshot.known == Known(hosts=3, open_ports=7, unnamed=2)


def test_workers_are_told_what_the_network_has_chosen_beside_its_profile(backend: Backend) -> None:
    network = backend.network(os_detection=True)
    scan = backend.scan(network, snapshot=snapshot_of(network))

    told = specs(backend, scan, plan(backend, scan))

    assert {(spec.profile.name, spec.profile.os_detection) for spec in told} == {("standard", True)}


def test_a_scan_of_some_ports_is_cut_by_a_guess(backend: Backend) -> None:
    network = backend.network(**SLOW)
    scan = backend.scan(network)
    counted = Count(project=network.project, network=network.id, day=NOW.date(), changes={HOSTS: 3, OPEN_PORTS: 7})
    Counters(backend.table).add(network.project, network.id, [Counted("EXP#", 1, counted)])
    part = backend.scans.update(scan, snapshot=scan.snapshot.model_copy(update={"ports": "22"}))
    plan(backend, part)

    assert backend.reread(scan).snapshot.known is None


def test_a_network_that_is_gone_fails_its_scan(backend: Backend) -> None:
    network = backend.network()
    scan = backend.scan(network)
    backend.networks.delete(network.project, network.id, expected=network.version)
    assert items(backend, plan(backend, scan)) == []
    assert backend.reread(scan).status is ScanStatus.FAILED


def test_a_scan_cancelled_before_is_not_planned(backend: Backend) -> None:
    scan = backend.scan(backend.network())
    backend.scans.request_stop(scan, Stop.CANCEL, now=NOW)
    assert items(backend, plan(backend, scan)) == []
    assert backend.reread(scan).status is ScanStatus.CANCELLED
    assert backend.ledger.list(scan.project, scan.id) == ()


def test_a_scan_cancelled_while_it_is_planned_starts_no_task(backend: Backend) -> None:
    scan = backend.scan(backend.network())
    backend.ledger.request_stop(scan.project, scan.id, "cancel", run=1)
    assert items(backend, plan(backend, scan)) == []
    assert {chunk.status for chunk in backend.ledger.list(scan.project, scan.id)} == {ChunkStatus.WAITING}


def leaning(backend: Backend, authority: Authority, **network: Any) -> Scan:
    """A scan that was asked for while this, and nothing else, allowed it."""
    backend.forbid()
    backend.bounds.authorities.create(authority)
    targets = network.pop("targets", ())
    scan = backend.scan(backend.network(*targets, **network))
    leaned = (LeanedOn(id=authority.id, until=authority.until),)
    return backend.scans.update(scan, snapshot=scan.snapshot.model_copy(update={"authorities": leaned}))


def test_every_chunk_carries_the_end_of_what_the_scan_leans_on(backend: Backend) -> None:
    scan = leaning(backend, authority("10.0.0.0/8", project=backend.project, until=NOW + timedelta(hours=2)))
    assert {spec.not_after for spec in specs(backend, scan, plan(backend, scan))} == {NOW + timedelta(hours=2)}


def test_what_was_revoked_since_it_was_asked_for_is_not_planned(backend: Backend) -> None:
    allowed = authority("10.0.0.0/8", project=backend.project)
    scan = leaning(backend, allowed)
    backend.bounds.authorities.change(allowed, revoked(allowed, now=NOW, by="somebody", why="sold"))
    assert items(backend, plan(backend, scan)) == []
    ended = backend.reread(scan)
    assert (ended.status, "vedette authorities add" in ended.reason) == (ScanStatus.FAILED, True)


def test_a_domain_is_proved_again_at_each_plan(backend: Backend) -> None:
    domain: dict[str, Any] = {
        "kind": "dns",
        "domains": ("example",),
        "challenge": "vedette=1",
        "looked": NOW - timedelta(days=1),
    }
    allowed = authority(project=backend.project, **domain)
    txt = FakeTxt()
    txt.records["_vedette-challenge.example"] = frozenset({"vedette=1"})
    scan = leaning(backend, allowed, targets=("web.example",))
    assert items(backend, plan(backend, scan, lean=lean(backend.bounds, txt=txt)))
    assert backend.bounds.authorities.get(backend.project, allowed.id).looked == NOW


def test_a_domain_whose_record_is_gone_allows_no_plan(backend: Backend) -> None:
    domain: dict[str, Any] = {
        "kind": "dns",
        "domains": ("example",),
        "challenge": "vedette=1",
        "looked": NOW - timedelta(days=1),
    }
    allowed = authority(project=backend.project, **domain)
    scan = leaning(backend, allowed, targets=("web.example",))
    assert items(backend, plan(backend, scan)) == []
    assert backend.reread(scan).status is ScanStatus.FAILED
    assert backend.bounds.authorities.get(backend.project, allowed.id).status == "pending"


def test_what_an_account_has_released_is_not_planned(backend: Backend) -> None:
    held = ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3")
    allowed = authority(project=backend.project, kind="aws", addresses=held)
    scan = leaning(backend, allowed)
    released = lean(backend.bounds, inventory=FakeInventory(Found(held[:3], ())))
    assert items(backend, plan(backend, scan, lean=released)) == []
    assert "10.0.0.3" in backend.reread(scan).reason


def test_what_nobody_may_scan_since_it_was_asked_for_is_left_out(backend: Backend) -> None:
    scan = backend.scan(backend.network())
    backend.bounds.exclusions.create(
        Exclusion(id=scan.id, targets=("10.0.0.1",), reason="fragile", by="somebody", created=NOW)
    )
    planned = specs(backend, scan, plan(backend, scan))
    assert not any(assets_of(spec).contains("10.0.0.1") for spec in planned)
    assert all(spec.exclusions for spec in planned)


def test_localhost_is_pinned_to_loopback_alone(backend: Backend) -> None:
    scan = backend.scan(backend.network("localhost"))
    bounds = replace(backend.bounds, admit_loopback=True)
    limits = replace(planner(backend).limits, admit_loopback=True)
    resolver = Resolver(lambda _: ("127.0.0.1", "203.0.113.9"))
    backend.forbid()
    planned = specs(backend, scan, plan(backend, scan, limits=limits, lean=lean(bounds), resolver=resolver))
    assert {host.addresses for spec in planned for host in spec.hosts} == {("127.0.0.1",)}


def test_a_later_run_takes_as_many_tasks_as_its_chunks_were_cut_for(backend: Backend) -> None:
    """Another release, or other limits, would cut the scan otherwise."""
    scan = backend.scan(backend.network("gone.example", "10.0.0.0/30", rate=200, profile="discovery"))
    for spec in specs(backend, scan, plan(backend, scan)):
        backend.results.put_spec(spec.model_copy(update={"rate": 50}))
    paused = backend.scans.transition(backend.reread(scan), ScanEvent.PAUSE)
    backend.scans.transition(paused, ScanEvent.RESUME, run=2)

    again = planner(backend)(project=scan.project, scan=scan.id, run=2, now=NOW)
    assert again.max_concurrency == 4
    assert "gone.example is not scanned" in backend.reread(scan).reason

    network = backend.networks.get(scan.project, scan.network)
    backend.networks.update(network.model_copy(update={"rate": 100}), expected=network.version)
    assert planner(backend)(project=scan.project, scan=scan.id, run=2, now=NOW).max_concurrency == 2


def test_a_limit_with_which_nothing_could_be_cut_does_not_fail_what_is_cut(backend: Backend) -> None:
    network = backend.network("10.0.0.0/16", rate=100_000, profile="discovery")
    scan = backend.scan(network)
    stage = replace(planner(backend).limits, means=means(max_tasks=4, chunk_seconds=1))
    chunks = items(backend, plan(backend, scan, limits=stage))
    paused = backend.scans.transition(backend.reread(scan), ScanEvent.PAUSE)
    backend.scans.transition(paused, ScanEvent.RESUME, run=2)
    backend.projects.create(Project(id=scan.project, name="office", created=NOW, limits=ProjectLimits(rate=10)))

    again = planner(backend, limits=stage)(project=scan.project, scan=scan.id, run=2, now=NOW)
    assert backend.reread(scan).status is ScanStatus.RUNNING
    assert len(items(backend, again)) == len(chunks)
