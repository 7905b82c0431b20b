"""Shares of a budget, however many take at the same time."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.core.allotment import Allotment, Budget
from functions.core.errors import AlreadyExists, Halted, NotFound
from functions.core.halt import ORGANISATION, Halt
from functions.core.ids import new_id
from functions.store.allotments import Allotments
from functions.store.halts import Halts
from functions.store.table import Table

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PROJECT, NETWORK, SCAN = (new_id(NOW) for _ in range(3))
BUDGET = Budget(network_rate=1000)


def share(chunk: int, rate: int = 400) -> Allotment:
    until = NOW + timedelta(hours=1)
    return Allotment(project=PROJECT, network=NETWORK, scan=SCAN, chunk=f"{chunk:05}", rate=rate, until=until)


@pytest.fixture
def allotments(table: Table) -> Allotments:
    return Allotments(table)


def test_shares_are_taken_until_none_is_left_and_given_back(allotments: Allotments) -> None:
    assert [allotments.take(share(chunk), BUDGET, now=NOW) for chunk in range(4)] == [400, 400, 200, 0]
    allotments.release(PROJECT, SCAN, "00000")
    assert allotments.take(share(3), BUDGET, now=NOW) == 400
    allotments.release_scan(PROJECT, SCAN)
    assert allotments.list(PROJECT) == ()


def test_asked_again_a_chunk_has_one_share(allotments: Allotments) -> None:
    assert [allotments.take(share(0, 1000), BUDGET, now=NOW) for _ in range(3)] == [1000, 1000, 1000]
    assert [each.rate for each in allotments.list(PROJECT)] == [1000]


def test_a_lost_tasks_share_ends_by_itself(allotments: Allotments) -> None:
    allotments.take(share(0, 1000), BUDGET, now=NOW)
    assert allotments.take(share(1), BUDGET, now=NOW) == 0
    assert allotments.take(share(1), BUDGET, now=NOW + timedelta(hours=2)) == 400


class Crowded(Allotments):
    """Each time that it is about to write, somebody else has just taken a share."""

    def _write(self, taken: Allotment, version: int) -> None:
        Allotments(self.table).take(share(int(taken.chunk) + 100 + version, 300), BUDGET, now=NOW)
        super()._write(taken, version)


def test_what_others_take_meanwhile_is_never_taken_twice(table: Table) -> None:
    granted = Crowded(table).take(share(0, 600), BUDGET, now=NOW)
    standing = Allotments(table).list(PROJECT)
    assert sum(each.rate for each in standing) <= 1000
    assert granted == next((each.rate for each in standing if each.chunk == "00000"), 0)


def test_the_first_halt_stands_until_it_is_released(table: Table) -> None:
    halts, halt = Halts(table), Halt(scope=PROJECT, by="eve", why="it hurts", at=NOW)
    halts.set(halt)
    with pytest.raises(AlreadyExists) as refused:
        halts.set(halt.model_copy(update={"by": "adam"}))
    assert refused.value.current["by"] == "eve"
    assert halts.over(PROJECT) == halt
    with pytest.raises(Halted, match="halted by eve since 2026-11-21T08:00:00Z: it hurts"):
        halts.refuse(PROJECT)
    halts.release(PROJECT, why="over")
    halts.refuse(PROJECT)
    with pytest.raises(NotFound):
        halts.release(PROJECT, why="over")


def test_the_organisations_halt_is_over_every_project(table: Table) -> None:
    halts = Halts(table)
    halts.set(Halt(scope=PROJECT, by="eve", why="this one", at=NOW))
    halts.set(Halt(scope=ORGANISATION, by="eve", why="all", at=NOW))
    found = halts.over(PROJECT)
    assert found is not None
    assert found.why == "all"
    assert halts.over(new_id(NOW)) is not None
