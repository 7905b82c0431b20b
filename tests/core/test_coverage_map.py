"""Coverage maps: a join of rectangles, cell by cell."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import coverage_map
from functions.core.coverage import Method
from functions.core.coverage_map import CoverageMap, Segment, Stamp
from functions.core.errors import Conflict
from functions.core.intervals import IntervalSet

AT = datetime(2026, 11, 1, tzinfo=UTC)
ASSETS, PORTS = range(6), range(8)


def segment(
    assets: tuple[int, int], ports: tuple[int, int], minute: int = 0, *, scan: str = "s", how: Method = Method.SYN
) -> Segment:
    at = AT + timedelta(minutes=minute)
    stamp = Stamp(at, scan, f"{assets}{ports}", 1, how)
    return Segment(IntervalSet((assets,)), IntervalSet((ports,)), at, stamp)


def spans(numbers: range) -> st.SearchStrategy[tuple[int, int]]:
    ends = st.integers(numbers[0], numbers[-1])
    return st.tuples(ends, ends).map(lambda pair: (min(pair), max(pair)))


segments = st.builds(segment, spans(ASSETS), spans(PORTS), st.integers(0, 3), how=st.sampled_from(Method))


def by_cell(covered: CoverageMap) -> dict[tuple[int, int], tuple[datetime, Stamp]]:
    return {
        (asset, port): (each.first, each.stamp)
        for each in covered.segments
        for asset in each.assets
        for port in each.ports
    }


@given(st.lists(segments, max_size=8))
def test_each_cell_has_its_earliest_first_and_its_latest_stamp(given_segments: list[Segment]) -> None:
    expected: dict[tuple[int, int], tuple[datetime, Stamp]] = {}
    for each in given_segments:
        for cell in ((asset, port) for asset in each.assets for port in each.ports):
            first, stamp = expected.get(cell, (each.first, each.stamp))
            expected[cell] = (min(first, each.first), max(stamp, each.stamp))
    covered = CoverageMap().overlay(given_segments)
    assert by_cell(covered) == expected
    assert sum(each.cells for each in covered.segments) == len(expected), "segments overlap"


@given(st.lists(segments, max_size=6).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_order_and_repetition_make_no_difference(orders: tuple[list[Segment], list[Segment]]) -> None:
    one = CoverageMap().overlay(orders[0])
    other = CoverageMap()
    for each in orders[1]:
        other = other.overlay([each]).overlay([each])
    assert other == one
    assert one.overlay(orders[1]) == one


def test_a_rescan_keeps_when_a_cell_was_first_covered_and_does_not_grow_the_map() -> None:
    covered = CoverageMap().overlay([segment((0, 255), (1, 1000))])
    for minute in range(1, 5):
        covered = covered.overlay([segment((0, 255), (1, 1000), minute)])
    (only,) = covered.segments
    assert (only.first, only.stamp.last) == (AT, AT + timedelta(minutes=4))


def test_a_cell_outside_every_segment_was_never_covered() -> None:
    covered = CoverageMap().overlay([segment((0, 9), (1, 100))])
    assert covered.covered("10.0.0.9", 100) is not None
    assert covered.covered("10.0.0.10", 100) is None
    assert covered.covered("10.0.0.9", 101) is None


def test_a_hostname_is_the_only_asset_of_its_block() -> None:
    covered = CoverageMap().overlay([segment((0, 0), (443, 443))])
    assert covered.covered("www.example.org", 443) is not None


def test_a_map_that_would_outgrow_its_item_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_map, "MAX_SEGMENTS", 2)
    covered = CoverageMap().overlay([segment((0, 0), (1, 1)), segment((2, 2), (2, 2))])
    with pytest.raises(Conflict):
        covered.overlay([segment((4, 4), (3, 3))])
