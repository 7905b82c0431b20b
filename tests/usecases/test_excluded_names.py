"""A hostname that is excluded since its scan was planned is left out at the addresses that it has."""

import pytest

from functions.adapters.resolver import Resolver
from functions.core.chunk import ChunkCounts
from functions.core.chunk_spec import assets_of
from functions.core.errors import InvalidInput
from functions.core.exclusion import Exclusion
from functions.core.network import Network
from functions.core.scan import Scan, ScanEvent, ScanStatus
from functions.usecases.networks import ManageNetworks, draft_of
from scanner_image.bounds import narrowed
from tests.backend import NOW, Backend
from tests.platform_in_memory import FakeScheduler
from tests.store.examples import PROJECT, after
from tests.store.examples import scan as a_scan
from tests.usecases.inventory import Inventory, opened
from tests.usecases.test_finish_scan import FakeIngest, Stage
from tests.usecases.test_plan_scan import NAMES, SLOW, items, plan, planner

TARGETS = tuple(f"192.0.2.{last}" for last in range(4))
LEFT = {"192.0.2.0", "192.0.2.3"}
"""Without `web.example`, which has the two between."""


def manage(backend: Backend | Inventory, **names: tuple[str, ...]) -> ManageNetworks:
    known = {name.replace("_", "."): addresses for name, addresses in names.items()} or NAMES
    return ManageNetworks(
        networks=backend.networks,
        scans=backend.scans,
        ledger=backend.ledger,
        scheduler=FakeScheduler(),
        bounds=backend.bounds,
        resolver=Resolver(lambda name: known.get(name, ())),
    )


def edit(using: ManageNetworks, network: Network, expected: int = 1, **changes: object) -> Network:
    """Of the network as it was made."""
    draft = draft_of(network).model_copy(update=changes)
    return using.update(project=network.project, identifier=network.id, draft=draft, expected=expected, now=NOW)


def probed(backend: Backend, scan: Scan) -> set[str]:
    """Which of the targets an attempt that starts now may probe."""
    chunks = backend.ledger.list(scan.project, scan.id)
    specs = [backend.results.get_spec(scan.project, scan.id, each.chunk) for each in chunks]
    left = [assets_of(narrowed(spec, backend.ledger)[0]) for spec in specs]
    return {each for each in TARGETS if any(assets.contains(each) for assets in left)}


def planned(backend: Backend, network: Network) -> Scan:
    scan = backend.scan(network)
    plan(backend, scan)
    assert probed(backend, scan) == set(TARGETS)
    return backend.reread(scan)


def paused(backend: Backend, scan: Scan) -> Scan:
    return backend.scans.transition(backend.reread(scan), ScanEvent.PAUSE)


def resumed(backend: Backend, scan: Scan) -> list[str]:
    """What its next run scans."""
    backend.scans.transition(backend.reread(scan), ScanEvent.RESUME, run=2)
    again = planner(backend)(project=scan.project, scan=scan.id, run=2, now=NOW)
    return [each["chunk"] for each in items(backend, again)]


def ended(backend: Backend, scan: Scan) -> Scan:
    for each in backend.ledger.list(scan.project, scan.id):
        backend.ledger.fail(each, reason="lost")
    return backend.scans.transition(backend.reread(scan), ScanEvent.FAIL, ended=NOW)


def redriven(backend: Backend, scan: Scan) -> list[str]:
    """What its next run scans."""
    backend.scans.transition(backend.reread(scan), ScanEvent.REDRIVE, run=2, redriven=2, ended=None)
    again = planner(backend)(project=scan.project, scan=scan.id, run=2, now=NOW)
    return [each["chunk"] for each in items(backend, again)]


@pytest.mark.parametrize("rests", [False, True])
def test_a_live_scan_leaves_it_out_from_the_edit_of_its_network_on(backend: Backend, rests: bool) -> None:
    network = backend.network("192.0.2.0/30")
    scan = planned(backend, network)
    if rests:
        paused(backend, scan)
    edit(manage(backend), network, exclusions=("web.example",))
    assert backend.ledger.exclusions(scan.project, scan.id) == ("web.example", *NAMES["web.example"])
    assert probed(backend, scan) == LEFT
    if rests:
        assert resumed(backend, scan) == ["00000"]
        assert probed(backend, scan) == LEFT


def test_a_resumed_scan_leaves_out_the_addresses_that_it_has_by_then(backend: Backend) -> None:
    network = backend.network("192.0.2.0/30")
    scan = planned(backend, network)
    edit(manage(backend, web_example=("192.0.2.3",)), network, exclusions=("web.example",))
    assert probed(backend, scan) == set(TARGETS) - {"192.0.2.3"}
    paused(backend, scan)
    assert resumed(backend, scan) == ["00000"]
    assert probed(backend, scan) == {"192.0.2.0"}


def test_a_redriven_scan_leaves_out_what_its_network_excluded_after_its_end(backend: Backend) -> None:
    network = backend.network("192.0.2.0/30")
    scan = planned(backend, network)
    ended(backend, scan)
    edit(manage(backend), network, exclusions=("web.example",))
    assert redriven(backend, scan) == ["00000"]
    assert probed(backend, scan) == LEFT


def test_a_redriven_scan_leaves_out_what_the_organisation_excluded_after_its_end(backend: Backend) -> None:
    scan = planned(backend, backend.network("192.0.2.0/30"))
    ended(backend, scan)
    backend.bounds.exclusions.create(
        Exclusion(id=scan.id, targets=("web.example",), reason="fragile", by="somebody", created=NOW)
    )
    assert redriven(backend, scan) == ["00000"]
    assert probed(backend, scan) == LEFT


def test_what_is_saved_of_it_is_not_taken_in(inventory: Inventory) -> None:
    scan = a_scan(inventory.name, network=inventory.network, at=after(0))
    inventory.scans.create_live(scan)
    name = inventory.save(scan.id, [opened(f"10.0.0.{last}", 22, 1) for last in (1, 2)])
    network = inventory.networks.get(PROJECT, inventory.network)
    edit(manage(inventory, db_example=("10.0.0.2",)), network, exclusions=("db.example",))
    inventory.take_in(scan.id, name)
    assert [each.asset for each in inventory.known()] == ["10.0.0.1"]


def test_an_edit_that_excludes_a_name_without_an_address_is_refused(backend: Backend) -> None:
    network = backend.network("192.0.2.0/30")
    with pytest.raises(InvalidInput, match=r"gone\.example has no address to leave out") as refused:
        edit(manage(backend), network, exclusions=("gone.example",))
    assert refused.value.field == "exclusions"
    assert backend.networks.get(network.project, network.id) == network


def test_an_edit_of_something_else_asks_for_no_address_while_nothing_is_scanned(backend: Backend) -> None:
    network = backend.network("192.0.2.0/30", exclusions=("gone.example",))
    assert not edit(manage(backend), network, enabled=False).enabled


def test_an_edit_while_a_scan_is_live_forgets_no_address(backend: Backend) -> None:
    network = backend.network("192.0.2.0/30")
    scan = planned(backend, network)
    excluded = edit(manage(backend), network, exclusions=("web.example",))
    edit(manage(backend), excluded, expected=2, name="other")
    assert probed(backend, scan) == LEFT
    with pytest.raises(InvalidInput, match=r"web\.example has no address"):
        edit(manage(backend, other_example=()), excluded, expected=3, name="third")
    assert probed(backend, scan) == LEFT


def test_an_edit_that_was_lost_before_the_scan_was_told_is_mended_by_its_repeat(backend: Backend) -> None:
    network = backend.network("192.0.2.0/30")
    scan = planned(backend, network)
    backend.networks.update(network.model_copy(update={"exclusions": ("web.example",)}), expected=1)
    assert probed(backend, scan) == set(TARGETS)
    edit(manage(backend), network, exclusions=("web.example",))
    assert probed(backend, scan) == LEFT


def test_a_run_that_cannot_leave_it_out_scans_nothing_and_keeps_what_was_covered(backend: Backend) -> None:
    network = backend.network("lost.example", "10.0.0.0/30", **SLOW)
    scan = backend.scan(network)
    plan(backend, scan)
    first = backend.ledger.claim(scan.project, scan.id, "00000", run=1, now=NOW, lease_s=400)
    saved = backend.ledger.save(first, result_key="results/x", outcome="complete")
    backend.ledger.mark_ingested(saved, ChunkCounts(cells_covered=first.cells))
    paused(backend, scan)
    backend.networks.update(network.model_copy(update={"exclusions": ("gone.example",)}), expected=network.version)

    assert resumed(backend, scan) == []
    assert {each.run for each in backend.ledger.list(scan.project, scan.id)} == {1}

    left = Stage(backend, backend.reread(scan), FakeIngest(backend.ledger)).finish()
    assert (left.status, left.counts.chunks_ingested) == (ScanStatus.PARTIAL, 1)
    assert "gone.example has no address to leave out" in left.reason
    assert "lost.example is not scanned" in left.reason, "what the plan left out is told still"
