"""What is covered is judged, and nothing else: openings, closings, changes, and what says nothing."""

import pytest

from functions.core.block import Block
from functions.core.coverage import Answer, Method
from functions.core.exposure import ChangeKind, ExposureState
from functions.core.messages import PinnedHost
from functions.core.model import Protocol
from functions.core.service import Service
from tests.store.examples import PROJECT, after
from tests.usecases.inventory import SSH, WHOLE, Inventory, one_open, opened, told, up


def test_the_first_coverage_is_baseline(inventory: Inventory) -> None:
    counts = inventory.scanned(0, *one_open(1))
    assert (counts.baseline, counts.opened, counts.open_ports, counts.cells_covered) == (1, 0, 1, 256_000)
    (found,) = inventory.known()
    assert (found.asset, found.port, found.service, found.state) == ("10.0.0.1", 22, SSH, ExposureState.OPEN)
    assert found.change.baseline


def test_open_in_a_covered_cell_is_new(inventory: Inventory) -> None:
    inventory.scanned(0, told(WHOLE, "1-1000", Answer.NOT_OPEN, 1))
    counts = inventory.scanned(1000, *one_open(1001))
    assert (counts.baseline, counts.opened) == (0, 1)
    change = inventory.exposure("10.0.0.1", 22).change
    assert (change.kind, change.baseline, change.previous_covered) == (ChangeKind.OPENED, False, after(1))


def test_an_unchanged_rescan_writes_no_exposure_and_no_host(inventory: Inventory) -> None:
    inventory.scanned(0, *one_open(1), up("10.0.0.1", 1, names=("a.example",)))
    first = inventory.known()
    inventory.scanned(1000, *one_open(1001), up("10.0.0.1", 1001, names=("a.example",)))
    assert inventory.table.puts == ["COV"]
    assert inventory.known() == first
    segment = inventory.coverage.get(PROJECT, inventory.network, Block.of("10.0.0.1"), Protocol.TCP).covered(
        "10.0.0.1", 22
    )
    assert segment is not None
    assert (segment.first, segment.stamp.last) == (after(1), after(1001))


def test_a_refusal_closes_and_silence_closes_after_two_misses(inventory: Inventory) -> None:
    both = (*one_open(1), opened("10.0.0.2", 22, 1))
    inventory.scanned(
        0, *(line for line in both if line.kind == "observation"), told(WHOLE, "1-1000", Answer.NOT_OPEN, 1)
    )
    assert inventory.known() == (), "coverage's own verdict stands against an observation"

    inventory.scanned(
        10, told("10.0.0.1 10.0.0.2", "22", Answer.OPEN, 11), opened("10.0.0.1", 22, 11), opened("10.0.0.2", 22, 11)
    )
    checked = (
        told("10.0.0.1", "22", Answer.REFUSED, 21, how=Method.CONNECT),
        told("10.0.0.2", "22", Answer.NO_ANSWER, 21),
    )
    assert inventory.scanned(20, *checked).closed == 1
    assert [inventory.exposure(asset, 22).state for asset in ("10.0.0.1", "10.0.0.2")] == ["closed", "suspect"]
    assert inventory.scanned(30, told("10.0.0.2", "22", Answer.HOST_DOWN, 31)).closed == 1
    assert inventory.exposure("10.0.0.2", 22).state is ExposureState.CLOSED
    counts = inventory.scanned(40, told("10.0.0.2", "22", Answer.OPEN, 41), opened("10.0.0.2", 22, 41))
    assert (counts.reopened, inventory.exposure("10.0.0.2", 22).reopened) == (1, 1)


@pytest.mark.parametrize("answer", [Answer.NOT_COVERED, Answer.NOT_OPEN, Answer.EXCLUDED])
def test_what_is_no_verdict_closes_nothing(inventory: Inventory, answer: Answer) -> None:
    inventory.scanned(0, *one_open(1))
    before = inventory.known()
    for number in range(1, 4):
        inventory.scanned(number * 100, told(WHOLE, "1-1000", answer, number * 100 + 1), misses_to_close=1)
    assert inventory.known() == before


def test_a_narrower_scan_touches_nothing_outside(inventory: Inventory) -> None:
    inventory.scanned(0, *one_open(1))
    before = inventory.known()
    inventory.scanned(100, told("10.0.0.1", "80", Answer.REFUSED, 101), ports="80", assets="10.0.0.1")
    assert inventory.known() == before


def test_older_evidence_never_overrides_newer(inventory: Inventory) -> None:
    of_old = inventory.begin(0)
    old = inventory.save(of_old, one_open(1))
    inventory.scanned(1000, told(WHOLE, "1-1000", Answer.REFUSED, 1001))
    assert inventory.take_in(of_old, old).baseline == 0
    assert inventory.known() == ()


def test_a_worker_whose_clock_is_slow_has_still_seen_what_its_scan_asked_for(inventory: Inventory) -> None:
    inventory.scanned(1000, *one_open(1001))
    of = inventory.begin(1010)
    refused = told("10.0.0.1", "22", Answer.REFUSED, 731)
    assert inventory.take_in(of, inventory.save(of, (refused,), claimed=730)).closed == 1
    assert inventory.exposure("10.0.0.1", 22).change.at == after(1010)


def test_a_worker_whose_clock_is_fast_has_seen_nothing_that_is_still_to_come(inventory: Inventory) -> None:
    of = inventory.begin(0)
    name = inventory.save(of, one_open(281), claimed=280)
    assert inventory.take_in(of, name, now=after(30)).baseline == 1
    assert inventory.exposure("10.0.0.1", 22).change.at == after(30)


def test_detection_that_did_not_finish_is_no_change_and_a_new_version_is(inventory: Inventory) -> None:
    inventory.scanned(0, *one_open(1))
    assert inventory.scanned(10, *one_open(11, service=Service())).changed == 0
    newer = SSH.model_copy(update={"version": "9.6p1"})
    assert inventory.scanned(20, *one_open(21, service=newer)).changed == 1
    assert inventory.exposure("10.0.0.1", 22).service == newer


def test_a_port_that_may_be_open_or_silent_is_no_exposure(inventory: Inventory) -> None:
    lines = (told("10.0.0.1", "53", Answer.OPEN, 1), opened("10.0.0.1", 53, 1, state="open|filtered"))
    assert inventory.scanned(0, *lines).open_ports == 0
    assert inventory.known() == ()


def test_a_hostname_is_one_asset_whatever_its_addresses(inventory: Inventory) -> None:
    pinned = (PinnedHost(name="www.example", addresses=("10.0.0.8", "10.0.0.9")),)
    lines = (
        told("", "443", Answer.OPEN, 1, hosts=("www.example",)),
        opened("www.example", 443, 1, address="10.0.0.8", service=Service(name="https", confidence=3)),
        opened("www.example", 443, 1, address="10.0.0.9"),
        opened("www.example", 443, 1, address="10.9.9.9"),
        up("www.example", 1, address="10.0.0.8"),
        up("www.example", 1, address="10.0.0.9"),
    )
    inventory.scanned(0, *lines, assets="", hosts=pinned, ports="443")
    (found,) = inventory.known()
    assert (found.asset, found.address, found.service) == ("www.example", "10.0.0.9", SSH)
    (host,) = inventory.known_hosts()
    assert host.addresses == ("10.0.0.8", "10.0.0.9")


def test_ipv6_assets_are_kept_by_their_64(inventory: Inventory) -> None:
    lines = (
        told("fd00::1 fd00::ff", "1-21,23-100", Answer.NOT_OPEN, 1),
        told("fd00::1 fd00::ff", "22", Answer.OPEN, 1),
        opened("fd00::7", 22, 1),
    )
    counts = inventory.scanned(0, *lines, assets="fd00::1 fd00::ff", ports="1-100")
    assert counts.baseline == 255
    assert inventory.exposure("fd00::7", 22).service == SSH
