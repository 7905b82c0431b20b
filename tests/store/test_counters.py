"""Counters: once for each record, however it is delivered; bounded reads."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting import Count
from functions.core.errors import Unavailable
from functions.store import counters as module
from functions.store.counters import Counted, Counters
from functions.store.table import ConditionFailed, Table
from tests.store.endpoint import new_table
from tests.store.examples import NETWORK, OTHER_PROJECT, PROJECT, identifier

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = date(2026, 11, 1)


def counted(
    sequence: int, *, source: str = "EXP#00", network: str = NETWORK, day: date = DAY, **changes: int
) -> Counted:
    return Counted(source, sequence, Count(PROJECT, network, day, changes or {"open": 1, "opened": 1}))


@pytest.fixture
def counters(table: Table) -> Counters:
    return Counters(table)


def test_a_batch_is_added_to_the_day_and_to_the_total_of_network_and_project(counters: Counters) -> None:
    later = date(2026, 11, 3)
    counters.add(PROJECT, NETWORK, [counted(1), counted(2), counted(3, day=later, open=-1, closed=1)])
    for scope in ("", NETWORK):
        window = counters.window(PROJECT, scope, DAY)
        assert window.total == {"open": 1, "opened": 2, "closed": 1}
        assert window.days == {DAY: {"open": 2, "opened": 2}, later: {"open": -1, "closed": 1}}
        assert counters.window(PROJECT, scope, later).days.keys() == {later}
    assert counters.total(OTHER_PROJECT) == {}


def test_a_batch_that_comes_again_whole_or_in_part_adds_nothing(counters: Counters) -> None:
    batch = [counted(1), counted(2), counted(1, source="EXP#01")]
    for part in (batch[:1], batch, batch[:2], batch[2:], batch):
        counters.add(PROJECT, NETWORK, part)
    assert counters.total(PROJECT) == {"open": 3, "opened": 3}


def test_numbers_longer_than_a_number_of_the_table_are_told_apart(counters: Counters) -> None:
    huge = 10**39
    counters.add(PROJECT, NETWORK, [counted(huge)])
    counters.add(PROJECT, NETWORK, [counted(huge + 1)])
    counters.add(PROJECT, NETWORK, [counted(huge + 1), counted(9)])
    assert counters.total(PROJECT)["open"] == 2


def test_a_batch_larger_than_a_transaction_is_counted_in_pieces(counters: Counters) -> None:
    days = [date(2026, 1 + number // 28, 1 + number % 28) for number in range(100)]
    batch = [counted(number, day=day) for number, day in enumerate(days, 1)]
    counters.add(PROJECT, NETWORK, batch)
    counters.add(PROJECT, NETWORK, batch)
    assert counters.total(PROJECT, NETWORK)["open"] == 100


def test_a_piece_that_was_written_is_not_written_again_when_a_later_one_fails(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WRITES", 5)
    transact, calls = counters.table.transact, iter(range(9))

    def once(writes: Any) -> None:
        if next(calls) == 1:
            raise Unavailable("busy")
        transact(writes)

    monkeypatch.setattr(counters.table, "transact", once)
    batch = [counted(number, day=date(2026, 11, number)) for number in (1, 2, 3)]
    with pytest.raises(Unavailable):
        counters.add(PROJECT, NETWORK, batch)
    counters.add(PROJECT, NETWORK, batch)
    assert counters.total(PROJECT)["open"] == 3


def test_somebody_who_counts_the_same_records_at_the_same_time_counts_them_alone(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, batch = counters.table.transact, [counted(1), counted(2)]

    def overtaken(writes: Any) -> None:
        monkeypatch.setattr(counters.table, "transact", transact)
        counters.add(PROJECT, NETWORK, batch[:1])
        transact(writes)

    monkeypatch.setattr(counters.table, "transact", overtaken)
    counters.add(PROJECT, NETWORK, batch)
    assert counters.total(PROJECT)["open"] == 2


def test_who_is_always_overtaken_says_so(counters: Counters, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_writes: Any) -> None:
        raise ConditionFailed(None)

    monkeypatch.setattr(counters.table, "transact", refused)
    with pytest.raises(Unavailable):
        counters.add(PROJECT, NETWORK, [counted(1)])
    with pytest.raises(Unavailable):
        counters.forget(PROJECT, NETWORK, DAY)


def test_changes_that_cancel_out_write_no_number(counters: Counters) -> None:
    counters.add(PROJECT, NETWORK, [counted(1, a=1), counted(2, a=-1)])
    assert counters.window(PROJECT, NETWORK, DAY) == module.Window({}, {})


def test_alerts_of_many_networks_are_counted_in_one_go(counters: Counters) -> None:
    other = identifier("other network")
    name = "standing/NEW_PORT/high/open"
    batch = [
        Counted("ALR", number, Count(PROJECT, network, DAY, {name: number}))
        for number, network in enumerate((NETWORK, other), 1)
    ]
    for _ in range(2):
        counters.add(PROJECT, "", batch)
    assert counters.total(PROJECT) == {name: 3}
    assert counters.total(PROJECT, NETWORK) == {name: 1}
    assert counters.total(PROJECT, other) == {name: 2}


def test_a_network_that_is_gone_takes_its_open_ports_and_hosts_out_of_its_project_once(counters: Counters) -> None:
    other = identifier("other network")
    counters.add(PROJECT, NETWORK, [counted(1, open=5, hosts=2, opened=5)])
    counters.add(PROJECT, other, [counted(1, network=other, open=3, hosts=1)])
    gone = date(2026, 11, 9)
    for _ in range(2):
        counters.forget(PROJECT, NETWORK, gone)
    window = counters.window(PROJECT, "", DAY)
    assert window.total == {"open": 3, "hosts": 1, "opened": 5}
    assert window.days[gone] == {"open": -5, "hosts": -2}


def test_what_comes_late_of_a_network_that_is_gone_is_not_counted(counters: Counters) -> None:
    counters.add(PROJECT, NETWORK, [counted(1)])
    counters.forget(PROJECT, NETWORK, DAY)
    counters.add(PROJECT, NETWORK, [counted(2)])
    assert counters.total(PROJECT) == {"opened": 1}


def test_a_network_without_anything_can_go(counters: Counters) -> None:
    counters.forget(PROJECT, NETWORK, DAY)
    assert counters.total(PROJECT) == {}


def test_a_network_that_goes_while_it_is_counted_is_not_counted(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = counters.table.transact
    counters.add(PROJECT, NETWORK, [counted(1)])

    def gone_meanwhile(writes: Any) -> None:
        monkeypatch.setattr(counters.table, "transact", transact)
        counters.forget(PROJECT, NETWORK, DAY)
        transact(writes)

    monkeypatch.setattr(counters.table, "transact", gone_meanwhile)
    counters.add(PROJECT, NETWORK, [counted(2)])
    assert counters.total(PROJECT) == {"opened": 1}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[list[Counted]], list[list[Counted]]]:
    """Shards with the pks that are theirs, and batches in which Lambda gives them: again, cut, and each shard at its own pace."""
    shards = []
    for shard in range(draw(st.integers(1, 3))):
        length = draw(st.integers(1, 8))
        shards.append(
            [
                counted(
                    100 * number + draw(st.integers(0, 99)),
                    source=f"EXP#{shard}{draw(st.integers(0, 2))}",
                    day=date(2026, 11, draw(st.integers(1, 3))),
                    open=draw(st.sampled_from([-1, 1, 3])),
                )
                for number in range(1, length + 1)
            ]
        )
    reached = [0] * len(shards)
    batches = []
    while any(at < len(shard) for at, shard in zip(reached, shards, strict=True)):
        which = draw(st.sampled_from([n for n, shard in enumerate(shards) if reached[n] < len(shard)]))
        start = draw(st.integers(0, reached[which]))
        end = draw(st.integers(start + 1, len(shards[which])))
        batches.append(shards[which][start:end])
        reached[which] = max(reached[which], end)
    return shards, batches


@given(deliveries())
def test_whatever_way_records_are_delivered_each_is_counted_once(
    client: "DynamoDBClient",
    delivered: tuple[list[list[Counted]], list[list[Counted]]],
) -> None:
    shards, batches = delivered
    expected: Counter[date] = Counter()
    for shard in shards:
        for each in shard:
            expected[each.count.day] += each.count.changes["open"]
    with new_table(client) as table:
        counters = Counters(table)
        for batch in batches:
            counters.add(PROJECT, NETWORK, batch)
        window = counters.window(PROJECT, NETWORK, DAY)
    assert window.total.get("open", 0) == expected.total()
    assert {day: changes["open"] for day, changes in window.days.items() if changes} == {
        day: number for day, number in expected.items() if number
    }


def test_a_window_reads_one_item_for_each_day_and_the_total(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 9):
        counters.add(PROJECT, NETWORK, [counted(number, day=datetime(2026, 10, number, tzinfo=UTC).date())])
    read: list[Any] = []
    all_of = counters.table.all

    def watched(span: Any) -> Any:
        for item in all_of(span):
            read.append(item)
            yield item

    monkeypatch.setattr(counters.table, "all", watched)
    counters.window(PROJECT, NETWORK, date(2026, 10, 5))
    assert len(read) == 4
