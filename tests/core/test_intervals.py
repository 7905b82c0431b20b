"""Interval sets behave as the sets of integers they stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.intervals import EMPTY, IntervalSet

ENDS = st.integers(0, 60)
RANGES = st.lists(st.tuples(ENDS, ENDS).map(lambda ends: (min(ends), max(ends))), max_size=8)


def as_set(ranges: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(RANGES, RANGES)
def test_operators_agree_with_plain_sets(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    left, right = IntervalSet.from_ranges(one), IntervalSet.from_ranges(other)

    assert set(left | right) == as_set(one) | as_set(other)
    assert set(left & right) == as_set(one) & as_set(other)
    assert set(left - right) == as_set(one) - as_set(other)
    assert (len(left), bool(left)) == (len(as_set(one)), bool(one))
    assert all((number in left) == (number in as_set(one)) for number in range(-1, 63))


@given(RANGES, RANGES)
def test_results_are_canonical(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    left, right = IntervalSet.from_ranges(one), IntervalSet.from_ranges(other)

    for result in (left, left | right, left & right, left - right):
        assert result == IntervalSet.of(result)


@given(RANGES, st.integers(1, 12))
def test_a_split_shares_out_evenly_and_in_order(ranges: list[tuple[int, int]], parts: int) -> None:
    whole = IntervalSet.from_ranges(ranges)
    split = list(whole.split(parts))

    assert len(split) == parts
    assert [number for part in split for number in part] == list(whole)
    assert max(map(len, split)) - min(map(len, split)) <= 1


def test_ranges_that_touch_become_one() -> None:
    assert IntervalSet.from_ranges([(5, 9), (1, 4)]).ranges == ((1, 9),)


def test_a_range_that_ends_before_it_starts_is_an_error() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        IntervalSet.from_ranges([(2, 1)])


def test_wide_sets_cost_nothing() -> None:
    everything = IntervalSet(((0, 2**128 - 1),))

    assert everything.count == 2**128
    assert (everything - everything) == EMPTY
    assert [part.count for part in everything.split(4)] == [2**126] * 4
