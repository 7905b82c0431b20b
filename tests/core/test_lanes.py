"""How a plan's chunks are dealt out."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.lanes import ROOM, deal

NAMES = [f"{index:05}" for index in range(10_000)]


@given(st.integers(0, 10_000), st.integers(1, 500), st.booleans())
def test_every_chunk_is_in_one_row_and_no_row_outgrows_its_history(count: int, lanes: int, short: bool) -> None:
    rows = deal(NAMES[:count], lanes, short=short)

    assert sorted(chain.from_iterable(rows)) == NAMES[:count]
    assert all(0 < len(row) <= ROOM for row in rows)


def test_without_short_rows_there_are_as_many_as_lanes() -> None:
    assert deal(NAMES[:5], 2, short=False) == [["00000", "00002", "00004"], ["00001", "00003"]]
    assert len(deal(NAMES[:1000], 40, short=False)) == 40
    assert len(deal(NAMES, 8, short=False)) == 25, "eight have no room for all"


def test_short_rows_end_with_single_chunks_and_begin_neighbours_together() -> None:
    rows = deal(NAMES[:16], 2, short=True)
    assert rows[:2] == [["00000", "00002", "00004", "00006"], ["00001", "00003", "00005", "00007"]]
    assert [len(row) for row in rows] == [4, 4, 2, 2, 1, 1, 1, 1]


@pytest.mark.parametrize("lanes", [1, 40, 1000])
def test_short_rows_are_few(lanes: int) -> None:
    assert len(deal(NAMES, lanes, short=True)) <= 25 + 14 * lanes
