"""Ingest comes to the same where a chunk comes twice, in another order, after a crash, or beside another."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.core.chunk import ChunkStatus
from functions.core.coverage import Answer
from functions.core.exposure import Exposure
from functions.core.service import Service
from tests.store.examples import PROJECT
from tests.usecases.inventory import WHOLE, Inventory, Line, Storage, new_inventory, one_open, opened, told, up


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
@settings(
    max_examples=20,
    derandomize=False,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_chunks_in_any_order_and_any_number_of_times_give_one_inventory(
    kept: Storage, data: st.DataObject, scans: list[tuple[Answer, ...]]
) -> None:
    in_order = _run(new_inventory(kept), scans, [[0, 1, 2]] * len(scans))
    again = st.permutations([0, 1, 2]).flatmap(lambda order: st.just(order + order[:1]))
    orders = data.draw(st.lists(again, min_size=len(scans), max_size=len(scans)))
    assert _plain(_run(new_inventory(kept), scans, orders)) == _plain(in_order)
    covered = {cell for answers in scans for cell, answer in zip(CELLS, answers, strict=True) if answer is Answer.OPEN}
    assert {(each.asset, each.port) for each in in_order} == covered
