"""Sets of integers held as sorted, disjoint, inclusive ranges: small where the numbers are many and close together."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class IntervalSet:
    """`ranges` is canonical: sorted, disjoint, never adjacent; so equal sets are equal objects. Build with `from_ranges`."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def from_ranges(cls, ranges: Iterable[tuple[int, int]]) -> Self:
        """Both ends of each range belong to it; ranges may overlap and come in any order."""
        merged: list[tuple[int, int]] = []
        end = 0
        for each in sorted(ranges):
            first, last = each
            if first > last:
                raise ValueError(f"a range that ends before it starts: {first}-{last}")
            if first > end + 1 or not merged:
                merged.append(each)
                end = last
            elif last > end:
                merged[-1] = (merged[-1][0], last)
                end = last
        return cls(tuple(merged))

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Self:
        return cls.from_ranges((number, number) for number in numbers)

    def __or__(self, other: "IntervalSet") -> "IntervalSet":
        return IntervalSet.from_ranges((*self.ranges, *other.ranges))

    def __and__(self, other: "IntervalSet") -> "IntervalSet":
        common: list[tuple[int, int]] = []
        mine, theirs = 0, 0
        while mine < len(self.ranges) and theirs < len(other.ranges):
            first = max(self.ranges[mine][0], other.ranges[theirs][0])
            last = min(self.ranges[mine][1], other.ranges[theirs][1])
            if first <= last:
                common.append((first, last))
            if self.ranges[mine][1] < other.ranges[theirs][1]:
                mine += 1
            else:
                theirs += 1
        return IntervalSet(tuple(common))

    def __sub__(self, other: "IntervalSet") -> "IntervalSet":
        return self & other._gaps(self)

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self.ranges, number, key=lambda each: each[0]) - 1
        return index >= 0 and number <= self.ranges[index][1]

    def __len__(self) -> int:
        """Refused by Python itself from 2**63 on: use `count` for address sets."""
        return self.count

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    @property
    def count(self) -> int:
        return sum([last - first + 1 for first, last in self.ranges])

    def split(self, parts: int) -> Iterator["IntervalSet"]:
        """`parts` disjoint sets in ascending order whose sizes differ by at most one; made one at a time."""
        total, done, index, used = self.count, 0, 0, 0
        for part in range(1, parts + 1):
            wanted = total * part // parts - done
            done += wanted
            taken: list[tuple[int, int]] = []
            while wanted:
                first, last = self.ranges[index]
                first += used
                size = min(wanted, last - first + 1)
                taken.append((first, first + size - 1))
                wanted -= size
                index, used = (index + 1, 0) if first + size > last else (index, used + size)
            yield IntervalSet(tuple(taken))

    def _gaps(self, within: "IntervalSet") -> "IntervalSet":
        """What this set leaves out between the ends of `within`."""
        if not within.ranges:
            return IntervalSet()
        gaps: list[tuple[int, int]] = []
        start, end = within.ranges[0][0], within.ranges[-1][1]
        for first, last in self.ranges:
            if first > start:
                gaps.append((start, min(first - 1, end)))
            start = max(start, last + 1)
            if start > end:
                break
        else:
            gaps.append((start, end))
        return IntervalSet(tuple(gap for gap in gaps if gap[0] <= gap[1]))


EMPTY = IntervalSet()
