"""Lists of alerts look at a bounded number of items, and at none that another index would have spared."""

from collections.abc import Iterator

import pytest

from functions.core.alert_filter import AlertFilter
from functions.core.alert_group import GroupFilter
from functions.store import keys
from functions.store.alert_groups import AlertGroups
from functions.store.alert_items import alert_item
from functions.store.alert_lists import AlertLists
from functions.store.table import Slice, Table
from functions.store.writes import Range
from tests.store.endpoint import dynamodb, new_table
from tests.store.examples import AT, NETWORK, PROJECT, alert, identifier

MANY, EVALUATED, AT_ONCE = 120, 50, 10
"""Smaller than in use, for the table in memory is slow."""
OTHER = identifier("other network")


class CountingTable(Table):
    """Counts the items that queries look at."""

    looked_at = 0

    def query(self, span: Range, *, limit: int) -> Slice:
        found = super().query(span, limit=limit)
        self.looked_at += len(found.items)
        return found


@pytest.fixture(scope="module")
def table() -> Iterator[CountingTable]:
    """Many open alerts of one network and group, and a few others."""
    with dynamodb() as client, new_table(client) as made:
        for number in range(MANY):
            made.put(alert_item(alert(f"a{number}", asset=f"10.0.{number // 256}.{number % 256}")))
        for number in range(3):
            made.put(
                alert_item(
                    alert(f"b{number}", asset=f"10.9.0.{number}", network=OTHER, group=identifier("rare"), port=99)
                )
            )
        yield CountingTable(client, made.name)


@pytest.fixture(autouse=True)
def bounds(table: CountingTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.store.walk.EVALUATED", EVALUATED)
    monkeypatch.setattr("functions.store.walk._AT_ONCE", AT_ONCE)
    table.looked_at = 0


def whole(table: Table, wanted: AlertFilter, limit: int = 100) -> list[int]:
    """How many each page has, to the end of the list."""
    pages: list[int] = []
    cursor = ""
    while True:
        page = AlertLists(table).page(PROJECT, wanted, now=AT, limit=limit, cursor=cursor)
        pages.append(len(page.items))
        cursor = page.next_cursor
        if not cursor:
            return pages


def test_a_request_that_finds_nothing_stops_and_gives_a_cursor(table: CountingTable) -> None:
    page = AlertLists(table).page(PROJECT, AlertFilter(port=99, status="open"), now=AT)
    assert table.looked_at <= EVALUATED
    assert len(page.items) < 4
    assert page.next_cursor


def test_every_alert_that_fits_is_met_once_however_far_apart(table: CountingTable) -> None:
    assert sum(whole(table, AlertFilter(port=99))) == 3
    assert sum(whole(table, AlertFilter())) == MANY + 3
    assert sum(whole(table, AlertFilter(status="unresolved"), limit=7)) == MANY + 3


@pytest.mark.parametrize(
    "wanted",
    [
        AlertFilter(network=OTHER, status="unresolved"),
        AlertFilter(group=identifier("rare")),
        AlertFilter(network=NETWORK, status="open", address="10.0.0.7"),
        AlertFilter(network=NETWORK, status="unresolved", cidr="10.0.0.64/30"),
    ],
)
def test_the_index_that_spares_the_most_is_used(table: CountingTable, wanted: AlertFilter) -> None:
    found = sum(whole(table, wanted))
    assert found == table.looked_at > 0


def test_a_full_page_looks_at_little_more_than_it_gives(table: CountingTable) -> None:
    AlertLists(table).page(PROJECT, AlertFilter(status="open"), now=AT, limit=3)
    assert table.looked_at <= AT_ONCE


def test_a_group_of_many_alerts_is_one_item_to_read(table: CountingTable) -> None:
    line = {"network": NETWORK, "type": "NEW_PORT", "port": 22, "protocol": "tcp", "scan": "", "open/high": MANY}
    table.put({**line, keys.PK: keys.alert_groups(PROJECT), keys.SK: identifier("group")})
    (group,) = AlertGroups(table).page(PROJECT, GroupFilter()).items
    assert (group.count, table.looked_at) == (MANY, 1)
