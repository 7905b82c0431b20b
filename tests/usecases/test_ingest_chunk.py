"""Ingest: only what was covered is judged, once, whoever wrote the document."""

import gzip
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.adapters.results import Results
from functions.core.block import Block
from functions.core.chunk import ChunkStatus
from functions.core.coverage import Answer, Method
from functions.core.errors import Corrupt, IllegalTransition, NotFound
from functions.core.exposure import ChangeKind, Exposure, ExposureState
from functions.core.messages import CoverageLine, HostLine, ObservationLine, PinnedHost, ResultHeader
from functions.core.model import Protocol
from functions.core.service import Service
from tests.store.examples import PROJECT, after
from tests.usecases.inventory import SSH, CountingTable, Inventory, Line, opened, storage, told

_NAMES = count()
Storage = tuple[CountingTable, Results]
WHOLE = "10.0.0.0 10.0.0.255"


@pytest.fixture(scope="module")
def kept() -> Iterator[Storage]:
    with storage() as both:
        yield both


def new_inventory(kept: Storage, **fields: Any) -> Inventory:
    return Inventory(*kept, name=f"network {next(_NAMES)}", **fields)


@pytest.fixture
def inventory(kept: Storage) -> Inventory:
    return new_inventory(kept)


def one_open(at: float, *, service: Service = SSH) -> tuple[Line, ...]:
    """10.0.0.1:22 is open, the rest of the /24 is not."""
    return (
        told("10.0.0.1", "22", Answer.OPEN, at),
        told("10.0.0.1", "1-21,23-1000", Answer.NOT_OPEN, at),
        told("10.0.0.0", "1-1000", Answer.NOT_OPEN, at),
        told("10.0.0.2 10.0.0.255", "1-1000", Answer.NOT_OPEN, at),
        opened("10.0.0.1", 22, at, service=service),
    )


def up(asset: str, at: float, **fields: Any) -> HostLine:
    plain = {"address": asset, "up": True, "at": after(at)}
    return HostLine.model_validate({**plain, "asset": asset, **fields})


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


def test_run_twice_it_writes_nothing(inventory: Inventory) -> None:
    of = inventory.begin()
    name = inventory.save(of, one_open(1))
    counts = inventory.take_in(of, name)
    assert inventory.take_in(of, name) == counts
    assert inventory.table.puts == []
    assert inventory.ledger.get(PROJECT, of, name).status is ChunkStatus.INGESTED


@pytest.mark.parametrize("crash", ["EXP", "HST", "COV"])
def test_a_crash_between_the_writes_is_healed_by_the_next_try(inventory: Inventory, crash: str) -> None:
    inventory.scanned(0, told(WHOLE, "1-1000", Answer.NOT_OPEN, 1))
    of = inventory.begin(1000)
    name = inventory.save(of, (*one_open(1001), up("10.0.0.1", 1001)), claimed=1000)
    inventory.table.fail_at = crash
    with pytest.raises(InterruptedError):
        inventory.take_in(of, name)
    counts = inventory.take_in(of, name)
    assert (counts.opened, counts.baseline) == (1, 0)
    assert [each.version for each in inventory.known()] == [1]
    assert [each.version for each in inventory.known_hosts()] == [1]


def test_counts_survive_a_crash_after_all_is_written(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    of = inventory.begin()
    name = inventory.save(of, one_open(1))
    with monkeypatch.context() as crash:
        crash.setattr(inventory.ledger, "mark_ingested", _interrupted)
        with pytest.raises(InterruptedError):
            inventory.take_in(of, name)
    assert inventory.take_in(of, name).baseline == 1
    assert inventory.table.puts == []


def _interrupted(*_: object, **__: object) -> None:
    raise InterruptedError


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


def test_a_document_cannot_speak_of_other_chunks_cells(inventory: Inventory) -> None:
    inventory.scanned(0, *one_open(1))
    before = inventory.known()
    lines = (
        told("10.0.0.0 10.0.1.255", "1-1000", Answer.REFUSED, 101),
        opened("10.0.0.9", 23, 101),
        opened("10.0.0.77", 5000, 101, protocol=Protocol.UDP),
        opened("evil.example", 22, 101, address="10.0.0.50"),
    )
    counts = inventory.scanned(100, *lines, assets="10.0.0.50", ports="22")
    assert counts.cells_covered == 1
    assert inventory.known() == before


def test_what_is_excluded_by_now_is_not_applied(kept: Storage) -> None:
    inventory = new_inventory(kept)
    of = inventory.begin()
    name = inventory.save(
        of, (told("10.0.0.1 10.0.0.2", "22", Answer.OPEN, 1), opened("10.0.0.1", 22, 1), opened("10.0.0.2", 22, 1))
    )
    network = inventory.networks.get(PROJECT, inventory.network)
    excluding = network.model_copy(update={"exclusions": ("10.0.0.1",)})
    inventory.networks.update(excluding, expected=network.version)
    assert inventory.take_in(of, name).baseline == 1
    assert [each.asset for each in inventory.known()] == ["10.0.0.2"]
    assert "refused" in inventory.ledger.get(PROJECT, of, name).reason


def test_loopback_is_taken_in_on_the_local_stage_alone(kept: Storage) -> None:
    for admitted in (False, True):
        inventory = new_inventory(kept, targets=("127.0.0.1",), admit_loopback=admitted)
        lines = (told("127.0.0.1", "22", Answer.OPEN, 1), opened("127.0.0.1", 22, 1))
        inventory.scanned(0, *lines, assets="127.0.0.1", ports="22")
        assert len(inventory.known()) == admitted


def test_nothing_is_taken_in_for_a_network_that_is_gone(inventory: Inventory) -> None:
    of = inventory.begin()
    name = inventory.save(of, one_open(1))
    inventory.networks.delete(PROJECT, inventory.network, expected=1)
    with pytest.raises(NotFound):
        inventory.take_in(of, name)


def test_a_chunk_without_a_saved_result_is_refused(inventory: Inventory) -> None:
    of = inventory.begin()
    name = inventory.save(of, ())
    saved = inventory.ledger.get(PROJECT, of, name)
    inventory.ledger.fail(saved, reason="given up")
    with pytest.raises(IllegalTransition):
        inventory.take_in(of, name)


def test_a_document_of_another_attempt_is_refused(inventory: Inventory) -> None:
    of = inventory.begin()
    header = ResultHeader(project=PROJECT, scan=of, chunk="00000", attempt=7, started=after(0), mode="raw", tools={})
    name = inventory.save(of, one_open(1), header=header)
    with pytest.raises(Corrupt):
        inventory.take_in(of, name)
    assert inventory.known() == ()


def test_a_document_without_a_trailer_is_taken_in_for_what_it_says(inventory: Inventory) -> None:
    of = inventory.begin()
    header = ResultHeader(project=PROJECT, scan=of, chunk="00000", attempt=1, started=after(0), mode="raw", tools={})
    lines = (header, opened("10.0.0.1", 22, 1), told("10.0.0.2", "22", Answer.NOT_OPEN, 1))
    text = "".join(f"{line.model_dump_json()}\n" for line in lines) + '{"kind": "covera'
    name = inventory.save(of, (), mangle=gzip.compress(text.encode())[:-9], outcome="partial")
    counts = inventory.take_in(of, name)
    assert (counts.baseline, counts.cells_covered) == (1, 2)
    assert [each.asset for each in inventory.known()] == ["10.0.0.1"]


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


def test_a_host_is_written_when_it_changes(inventory: Inventory) -> None:
    inventory.scanned(0, up("10.0.0.1", 1, mac="00:00:5e:00:53:01"), up("10.0.0.2", 1, up=False))
    (host,) = inventory.known_hosts()
    assert (host.asset, host.up, host.mac) == ("10.0.0.1", True, "00:00:5e:00:53:01")
    inventory.scanned(10, up("10.0.0.1", 11, names=("a.example",)))
    inventory.scanned(20, up("10.0.0.1", 21, up=False))
    (host,) = inventory.known_hosts()
    assert (host.up, host.names, host.mac, host.version) == (False, ("a.example",), "00:00:5e:00:53:01", 3)
    assert (host.first_seen, host.last_changed) == (after(1), after(21))


def everything(asset: str, at: float, *, services: int = 0) -> tuple[Line, ...]:
    """All of 1-100 is open; the first `services` of them say what they are."""
    silent = Service(name="unknown", confidence=3)
    return (
        up(asset, at),
        told(asset, "1-100", Answer.OPEN, at),
        *(opened(asset, port, at, service=SSH if port <= services else silent) for port in range(1, 101)),
    )


def test_a_host_that_answers_on_everything_is_flagged_and_its_ports_held(inventory: Inventory) -> None:
    inventory.scanned(0, told(WHOLE, "1-100", Answer.NOT_OPEN, 1), ports="1-100")
    inventory.scanned(100, *everything("10.0.0.1", 101), *everything("10.0.0.2", 101, services=5), ports="1-100")
    hosts = {host.asset: host.answers_everything for host in inventory.known_hosts()}
    assert hosts == {"10.0.0.1": after(101), "10.0.0.2": None}
    assert inventory.exposure("10.0.0.1", 22).held
    assert not inventory.exposure("10.0.0.2", 22).held

    inventory.scanned(200, *everything("10.0.0.1", 201), ports="1-100")
    assert inventory.table.puts == ["COV"], "flagged once"

    honest = (told("10.0.0.1", "1-21,23-100", Answer.REFUSED, 301), told("10.0.0.1", "22", Answer.OPEN, 301))
    inventory.scanned(300, *honest, opened("10.0.0.1", 22, 301), up("10.0.0.1", 301), ports="1-100")
    assert {host.answers_everything for host in inventory.known_hosts()} == {None}
    released = inventory.exposure("10.0.0.1", 22)
    assert (released.held, released.confirmed, released.change.kind) == (False, True, ChangeKind.CHANGED)
    assert inventory.exposure("10.0.0.1", 23).state is ExposureState.CLOSED


def test_older_evidence_does_not_flag_a_host(inventory: Inventory) -> None:
    of = inventory.begin(0)
    old = inventory.save(of, everything("10.0.0.1", 1), ports="1-100")
    inventory.scanned(1000, *one_open(1001), up("10.0.0.1", 1001))
    inventory.take_in(of, old)
    assert [host.answers_everything for host in inventory.known_hosts()] == [None]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_host_is_baseline_where_no_earlier_scan_covered_it(kept: Storage, order: tuple[int, int]) -> None:
    inventory = new_inventory(kept)
    inventory.scanned(0, told("10.0.0.0 10.0.0.99", "1-1000", Answer.HOST_DOWN, 1), assets="10.0.0.0 10.0.0.99")
    of = inventory.begin(100)
    for number, ports in enumerate(("1-500", "501-1000")):
        lines: list[CoverageLine | HostLine | ObservationLine] = [told(WHOLE, ports, Answer.NOT_OPEN, 101)]
        if number == 1:
            lines += [opened("10.0.0.5", 900, 101), opened("10.0.0.200", 900, 101)]
            lines += [up("10.0.0.5", 101), up("10.0.0.200", 101)]
        inventory.save(of, lines, number=number, ports=ports, claimed=100)
    for number in order:
        inventory.take_in(of, f"{number:05}")
    assert {host.asset: (host.baseline, host.scan) for host in inventory.known_hosts()} == {
        "10.0.0.5": (False, of),
        "10.0.0.200": (True, of),
    }


def test_a_worker_cannot_date_its_evidence_into_the_future(inventory: Inventory) -> None:
    of = inventory.begin()
    name = inventory.save(of, one_open(10**7))
    inventory.take_in(of, name, now=after(60))
    assert inventory.exposure("10.0.0.1", 22).first_seen == after(60)


def test_a_change_by_somebody_else_in_between_is_judged_again(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory.scanned(0, *one_open(1))
    stale = list(inventory.known())
    inventory.scanned(10, told("10.0.0.1", "22", Answer.REFUSED, 11))
    monkeypatch.setattr(inventory.exposures, "of_block", lambda *_: iter(stale))
    counts = inventory.scanned(20, *one_open(21, service=Service(name="http", confidence=10)))
    assert (counts.reopened, counts.changed) == (1, 0)
    assert inventory.exposure("10.0.0.1", 22).reopened == 1


PARTS = (("10.0.0.0 10.0.0.127", "1-500"), ("10.0.0.128 10.0.0.255", "1-500"), ("10.0.0.0 10.0.0.255", "501-1000"))
ANSWERS = st.sampled_from([Answer.OPEN, Answer.REFUSED, Answer.NO_ANSWER, Answer.NOT_COVERED, Answer.NOT_OPEN])
CELLS = (("10.0.0.5", 22), ("10.0.0.200", 22), ("10.0.0.5", 900), ("10.0.0.200", 900))
scans_of_cells = st.lists(st.tuples(*(ANSWERS for _ in CELLS)), min_size=1, max_size=2)


def _chunk_lines(answers: dict[tuple[str, int], Answer], part: int, at: float) -> Iterator[Line]:
    assets, ports = PARTS[part]
    first, last = (int(each.rpartition(".")[2]) for each in assets.split())
    low, high = (int(each) for each in ports.split("-"))
    for (asset, port), answer in answers.items():
        if first <= int(asset.rpartition(".")[2]) <= last and low <= port <= high:
            yield told(asset, str(port), answer, at)
            if answer is Answer.OPEN:
                yield opened(asset, port, at)
                yield up(asset, at)


def _run(inventory: Inventory, scans: list[tuple[Answer, ...]], orders: list[list[int]]) -> list[Exposure]:
    for index, (answers, order) in enumerate(zip(scans, orders, strict=True)):
        at = index * 1000.0
        of = inventory.begin(at)
        for number, (assets, ports) in enumerate(PARTS):
            lines = list(_chunk_lines(dict(zip(CELLS, answers, strict=True)), number, at + 1 + number))
            inventory.save(of, lines, number=number, assets=assets, ports=ports, claimed=at)
        for place, number in enumerate(order):
            take_in = inventory.take_in_again if number in order[:place] else inventory.take_in
            take_in(of, f"{number:05}")
    return sorted(inventory.known(), key=lambda each: (each.asset, each.port))


def _plain(exposures: list[Exposure]) -> list[dict[str, Any]]:
    """Without the ids of the scans, which differ from one inventory to the next."""
    hidden: Any = {"network": True, "change": {"scan"}, "opening": {"scan"}}
    return [each.model_dump(exclude=hidden) for each in exposures]


def test_chunks_in_another_order_and_again_give_the_same_inventory(kept: Storage) -> None:
    scans: list[tuple[Answer, ...]] = [
        (Answer.OPEN, Answer.REFUSED, Answer.NO_ANSWER, Answer.OPEN),
        (Answer.REFUSED, Answer.OPEN, Answer.OPEN, Answer.NOT_COVERED),
    ]
    in_order = _run(new_inventory(kept), scans, [[0, 1, 2]] * 2)
    assert _plain(_run(new_inventory(kept), scans, [[2, 0, 1, 2], [1, 2, 0, 1]])) == _plain(in_order)
    assert {(each.asset, each.port) for each in in_order} == set(CELLS)


@pytest.mark.long
@given(data=st.data(), scans=scans_of_cells)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_chunks_in_any_order_and_any_number_of_times_give_one_inventory(
    kept: Storage, data: st.DataObject, scans: list[tuple[Answer, ...]]
) -> None:
    in_order = _run(new_inventory(kept), scans, [[0, 1, 2]] * len(scans))
    again = st.permutations([0, 1, 2]).flatmap(lambda order: st.just(order + order[:1]))
    orders = data.draw(st.lists(again, min_size=len(scans), max_size=len(scans)))
    assert _plain(_run(new_inventory(kept), scans, orders)) == _plain(in_order)
    covered = {cell for answers in scans for cell, answer in zip(CELLS, answers, strict=True) if answer is Answer.OPEN}
    assert {(each.asset, each.port) for each in in_order} == covered
