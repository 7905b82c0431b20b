"""When was a cell covered: one map for each network, block and protocol, of disjoint segments of assets x ports.

Times are those of a whole attempt within the block, so that a map has as many segments as attempts and methods share it.

Covering is a join, cell by cell: the earliest `first` and the latest `last` win, whatever the order and however often.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from functions.core.block import Block
from functions.core.coverage import Method
from functions.core.errors import Conflict
from functions.core.intervals import EMPTY, IntervalSet

MAX_SEGMENTS = 20_000
"""A block that takes more is refused, never grown silently: about 300 KB as stored, 100 bytes a segment before packing."""


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """Which evidence covered a cell last, and how; the later one is the greater."""

    last: datetime
    scan: str
    chunk: str
    attempt: int
    how: Method


@dataclass(frozen=True, slots=True)
class Segment:
    """`assets`: offsets within the block (the last byte of IPv4, the last 64 bits of IPv6, 0 for a hostname)."""

    assets: IntervalSet
    ports: IntervalSet
    first: datetime
    stamp: Stamp

    @property
    def cells(self) -> int:
        return self.assets.count * self.ports.count


@dataclass(frozen=True, slots=True)
class CoverageMap:
    segments: tuple[Segment, ...] = ()

    def covered(self, asset: str, port: int) -> Segment | None:
        """The segment that holds the cell; None when it was never covered."""
        offset = Block.of(asset).offset(asset)
        for segment in self.segments:
            if port in segment.ports and offset in segment.assets:
                return segment
        return None

    def overlay(self, covered: Iterable[Segment]) -> "CoverageMap":
        """The map with these too. Raises Conflict where it would outgrow its item."""
        segments = list(self.segments)
        for each in _merged(covered):  # few, where a result told of many cells one by one
            segments = list(_joined(segments, each))
        merged = _merged(segments)
        if len(merged) > MAX_SEGMENTS:
            raise Conflict(f"a coverage map of {len(merged)} segments: {MAX_SEGMENTS} are the most that one item holds")
        return CoverageMap(merged)


def _joined(segments: Iterable[Segment], new: Segment) -> Iterator[Segment]:
    """Disjoint `segments` and `new`, cut so that all are disjoint again."""
    fresh = [(new.assets, new.ports)]
    for old in segments:
        assets = old.assets & new.assets
        ports = old.ports & new.ports if assets else EMPTY
        if not ports:
            yield old
            continue
        stamp, first = max(old.stamp, new.stamp), min(old.first, new.first)
        yield Segment(assets, ports, first, stamp)
        for rest_assets, rest_ports in without((old.assets, old.ports), assets, ports):
            yield replace(old, assets=rest_assets, ports=rest_ports)
        fresh = [part for each in fresh for part in without(each, assets, ports)]
    for assets, ports in fresh:
        yield replace(new, assets=assets, ports=ports)


Rectangle = tuple[IntervalSet, IntervalSet]


def without(whole: Rectangle, assets: IntervalSet, ports: IntervalSet) -> Iterator[Rectangle]:
    """`whole` minus `assets` x `ports`, as rectangles."""
    common = whole[0] & assets
    if not common:
        yield whole
        return
    if others := whole[0] - assets:
        yield others, whole[1]
    if rest := whole[1] - ports:
        yield common, rest


def _merged(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The one smallest form that does not depend on how the cells came together."""
    kinds: dict[tuple[datetime, Stamp], list[Rectangle]] = defaultdict(list)
    for each in segments:
        kinds[each.first, each.stamp].append((each.assets, each.ports))
    return tuple(
        Segment(assets, ports, first, stamp)
        for (first, stamp), parts in sorted(kinds.items())
        for assets, ports in rows_of(parts)
    )


def rows_of(parts: Iterable[Rectangle]) -> list[Rectangle]:
    """Disjoint: the cells of `parts` by stretch of assets with the same ports, equal port sets together: the same for equal sets of cells."""
    parts = list(parts)
    cuts = sorted({cut for assets, _ in parts for first, last in assets.ranges for cut in (first, last + 1)})
    ports_of: dict[IntervalSet, list[tuple[int, int]]] = defaultdict(list)
    for start, end in pairwise(cuts):
        ports = IntervalSet.from_ranges(each for assets, some in parts if start in assets for each in some.ranges)
        if ports:
            ports_of[ports].append((start, end - 1))
    rows = [(IntervalSet.from_ranges(stretches), ports) for ports, stretches in ports_of.items()]
    return sorted(rows, key=lambda row: row[0].ranges)
