"""The timeline as it is kept and read."""

from datetime import timedelta

import pytest

from functions.core.history import HistoryEntry
from functions.core.model import Protocol
from functions.store.history import History
from functions.store.table import Table
from tests.store.examples import AT, PROJECT, identifier

NETWORK = identifier("network")


def entry(
    minute: int, *, port: int | None = 22, version: int = 1, asset: str = "10.0.0.1", event: str = "opened"
) -> HistoryEntry:
    return HistoryEntry(
        project=PROJECT,
        network=NETWORK,
        asset=asset,
        protocol=None if port is None else Protocol.TCP,
        port=port,
        version=version,
        event=event,
        at=AT + timedelta(minutes=minute),
    )


@pytest.fixture
def history(table: Table) -> History:
    kept = History(table)
    told = (
        entry(1, port=None, event="seen"),
        entry(2),
        entry(3, port=220),
        entry(4, version=2, event="closed"),
        entry(5, asset="10.0.0.10"),
        entry(6, version=3, event="reopened"),
        entry(7, port=None, version=2, event="down"),
    )
    kept.record((*told, *told))
    kept.record(told)
    return kept


def test_an_exposure_tells_newest_first_page_by_page(history: History) -> None:
    first = history.of_exposure(PROJECT, NETWORK, "10.0.0.1", Protocol.TCP, 22, limit=2)
    rest = history.of_exposure(PROJECT, NETWORK, "10.0.0.1", Protocol.TCP, 22, limit=2, cursor=first.next_cursor)
    assert [each.event for each in (*first.items, *rest.items)] == ["reopened", "closed", "opened"]
    assert not rest.next_cursor


def test_a_host_tells_of_itself_and_all_its_ports_newest_first(history: History) -> None:
    told: list[HistoryEntry] = []
    cursor = ""
    while True:
        page = history.of_host(PROJECT, NETWORK, "10.0.0.1", limit=2, cursor=cursor)
        told += page.items
        cursor = page.next_cursor
        if not cursor:
            break
    assert [(each.event, each.port) for each in told] == [
        ("down", None),
        ("reopened", 22),
        ("closed", 22),
        ("opened", 220),
        ("opened", 22),
        ("seen", None),
    ]
    assert {each.asset for each in told} == {"10.0.0.1"}
