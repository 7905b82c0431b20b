"""What a result document says of one block, and the shelf where it waits for the block's turn."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from functions.core.block import Block
from functions.core.coverage import COVERED, Answer, Method
from functions.core.coverage_map import Segment, Stamp
from functions.core.intervals import IntervalSet
from functions.core.messages import HostLine
from functions.core.service import Service

Cell = tuple[int, int]
"""An asset's offset in its block, and a port."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    assets: IntervalSet
    ports: IntervalSet
    answer: Answer
    how: Method
    at: datetime

    @property
    def cells(self) -> int:
        return self.assets.count * self.ports.count

    def among(self, cells: frozenset[Cell]) -> Iterator[Cell]:
        """Those of `cells` that it holds, by the shorter way."""
        if self.cells <= len(cells):
            yield from (cell for cell in self.every() if cell in cells)
        else:
            yield from (cell for cell in cells if cell[1] in self.ports and cell[0] in self.assets)

    def every(self) -> Iterator[Cell]:
        return ((asset, port) for asset in self.assets for port in self.ports)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen at one cell."""

    answer: Answer
    how: Method
    at: datetime
    address: str = ""
    service: Service = field(default_factory=Service)


@dataclass(slots=True)
class BlockEvidence:
    """`observed` answers OPEN, or OPEN_FILTERED where nmap could not tell an open port from a silent one."""

    block: Block
    rectangles: list[Rectangle] = field(default_factory=list)
    observed: dict[Cell, Seen] = field(default_factory=dict)
    hosts: dict[str, list[HostLine]] = field(default_factory=lambda: defaultdict(list))

    def add(self, piece: "Piece") -> None:
        match piece:
            case Rectangle():
                self.rectangles.append(piece)
            case HostLine():
                self._add_host(piece)
            case (cell, seen):
                self.observed[cell] = max(self.observed.get(cell, seen), seen, key=_worth)

    def _add_host(self, line: HostLine) -> None:
        """The first account of an address stands."""
        known = self.hosts[line.asset]
        if all(each.address != line.address for each in known):
            known.append(line)

    def seen(self, cells: frozenset[Cell]) -> dict[Cell, Seen]:
        """What is to be judged: all that is open, and what became of `cells`, in the order of their numbers."""
        found: dict[Cell, Seen] = {}
        told_open = (cell for each in self.rectangles if each.answer is Answer.OPEN for cell in each.every())
        wanted = cells.union(self.observed, told_open)
        for each in self.rectangles:
            for cell in each.among(wanted):
                if cell not in found or found[cell].at < each.at:
                    found[cell] = Seen(each.answer, each.how, each.at)
        for cell, observation in self.observed.items():
            found[cell] = _reconciled(found.get(cell), observation)
        return dict(sorted(found.items()))

    def covered(self, *, scan: str, chunk: str, attempt: int) -> Iterator[Segment]:
        """The rectangles that were covered, with one time for each method."""
        covered = [each for each in self.rectangles if each.answer in COVERED]
        covered += self._covered_by_observation()
        times: dict[Method, list[datetime]] = defaultdict(list)
        for each in covered:
            times[each.how].append(each.at)
        for each in covered:
            stamp = Stamp(max(times[each.how]), scan, chunk, attempt, each.how)
            yield Segment(each.assets, each.ports, min(times[each.how]), stamp)

    def cells_covered(self) -> int:
        covered = [each for each in self.rectangles if each.answer in COVERED]
        return sum(each.cells for each in (*covered, *self._covered_by_observation()))

    def assets(self) -> IntervalSet:
        """Offsets of every asset that is spoken of."""
        spoken = [each.assets.ranges for each in self.rectangles]
        points = {self.block.offset(asset) for asset in self.hosts} | {asset for asset, _ in self.observed}
        return IntervalSet.from_ranges(
            [*(each for ranges in spoken for each in ranges), *((point, point) for point in points)]
        )

    def _covered_by_observation(self) -> list[Rectangle]:
        """Cells seen open though no coverage line says so: the document of an attempt that was cut off."""
        opens = frozenset(cell for cell, seen in self.observed.items() if seen.answer is Answer.OPEN)
        told = {cell for each in self.rectangles if _is_verdict(each.answer) for cell in each.among(opens)}
        return [
            Rectangle(_one(cell[0]), _one(cell[1]), seen.answer, seen.how, seen.at)
            for cell, seen in self.observed.items()
            if cell in opens and cell not in told
        ]


Piece = Rectangle | HostLine | tuple[Cell, Seen]
"""What one line says of one block."""


class Shelf(Protocol):
    """Where what is said of each block waits for the block's turn; in which order, matters for host lines alone."""

    def put(self, block: Block, piece: Piece) -> None: ...
    def blocks(self) -> Iterator[BlockEvidence]: ...


class MemoryShelf:
    """For a document that is known to be small, or read for a small part of it."""

    def __init__(self) -> None:
        self._blocks: dict[Block, BlockEvidence] = {}

    def put(self, block: Block, piece: Piece) -> None:
        found = self._blocks.get(block)
        if found is None:
            found = self._blocks[block] = BlockEvidence(block)
        found.add(piece)

    def blocks(self) -> Iterator[BlockEvidence]:
        return (self._blocks[block] for block in sorted(self._blocks))


def _one(number: int) -> IntervalSet:
    return IntervalSet(((number, number),))


def _is_verdict(answer: Answer) -> bool:
    return answer in COVERED or answer is Answer.EXCLUDED


def _reconciled(told: Seen | None, observed: Seen) -> Seen:
    """An open answer that was seen stands where coverage says nothing else; coverage's own verdict stands against it."""
    if told is None or told.answer is Answer.NOT_COVERED:
        return observed if observed.answer is Answer.OPEN else replace(observed, answer=Answer.NOT_COVERED)
    if told.answer is not Answer.OPEN:
        return told
    return replace(observed, how=told.how, at=told.at)


def _worth(seen: Seen) -> tuple[bool, int, str]:
    """Of a hostname's addresses the one that tells most speaks for it; the lowest text among equals."""
    return (
        seen.answer is Answer.OPEN,
        seen.service.confidence,
        "".join(chr(0x10FFFF - ord(each)) for each in seen.address),
    )
