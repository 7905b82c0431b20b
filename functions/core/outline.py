"""Which cells each chunk of a plan owns, without all else that a worker is told: an index over a scan's documents."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from functions.core.addresses import Version, from_ranges
from functions.core.block import Block
from functions.core.intervals import EMPTY, IntervalSet
from functions.core.messages import AddressRange, CanonicalPorts, ChunkSpec
from functions.core.model import Model, Protocol
from functions.core.ports import PortSet

VERSIONS: tuple[Version, ...] = (4, 6)
_BITS = {4: 8, 6: 64}


class Outline(Model):
    chunk: str
    addresses: tuple[AddressRange, ...] = ()
    hosts: tuple[str, ...] = ()
    protocol: Protocol
    ports: CanonicalPorts

    @classmethod
    def of(cls, spec: ChunkSpec) -> "Outline":
        return cls(
            chunk=spec.chunk,
            addresses=spec.addresses,
            hosts=tuple(host.name for host in spec.hosts),
            protocol=spec.protocol,
            ports=spec.ports,
        )


@dataclass(frozen=True, slots=True)
class Region:
    """The cells of a chunk, or what two chunks share: assets x ports."""

    v4: IntervalSet
    v6: IntervalSet
    names: frozenset[str]
    ports: IntervalSet

    @classmethod
    def of(cls, outline: Outline) -> "Region":
        return cls(
            from_ranges(outline.addresses, 4),
            from_ranges(outline.addresses, 6),
            frozenset(name.lower() for name in outline.hosts),
            PortSet.from_canonical(outline.ports).numbers,
        )

    def __and__(self, other: "Region") -> "Region":
        return Region(self.v4 & other.v4, self.v6 & other.v6, self.names & other.names, self.ports & other.ports)

    @property
    def cells(self) -> int:
        return (self.v4.count + self.v6.count + len(self.names)) * self.ports.count

    def numbers(self, version: Version) -> IntervalSet:
        return self.v4 if version == 4 else self.v6

    def offsets(self, block: Block) -> IntervalSet:
        """Which assets of the block are in it."""
        if block.version == 0:
            return IntervalSet(((0, 0),)) if block.name in self.names else EMPTY
        last = block.base + (1 << _BITS[block.version]) - 1
        inside = self.numbers(4 if block.version == 4 else 6) & IntervalSet(((block.base, last),))
        return IntervalSet(tuple((low - block.base, high - block.base) for low, high in inside.ranges))


@dataclass(frozen=True, slots=True)
class Unit:
    """The cells that these two chunks share, or, with one of them empty, those of the other that nobody else owns."""

    before: str
    after: str


def units(before: Iterable[Outline], after: Iterable[Outline]) -> list[Unit]:
    """Every cell of both plans in exactly one unit; by the later plan's chunks, then what only the earlier plan has."""
    one, two = _by_chunk(before), _by_chunk(after)
    regions = {side: {name: Region.of(each) for name, each in plan.items()} for side, plan in ((0, one), (1, two))}
    left = {side: {name: region.cells for name, region in plan.items()} for side, plan in regions.items()}
    shared: dict[str, list[str]] = {name: [] for name in two}
    for first, second in sorted(_neighbours(one, two, regions)):
        if cells := (regions[0][first] & regions[1][second]).cells:
            shared[second].append(first)
            left[0][first] -= cells
            left[1][second] -= cells
    found: list[Unit] = []
    for name in sorted(two):
        found += [Unit(each, name) for each in shared[name]]
        found += [Unit("", name)] if left[1][name] else []
    return found + [Unit(name, "") for name in sorted(one) if left[0][name]]


def _by_chunk(plan: Iterable[Outline]) -> dict[str, Outline]:
    return {each.chunk: each for each in plan}


def _neighbours(
    one: dict[str, Outline], two: dict[str, Outline], regions: dict[int, dict[str, Region]]
) -> set[tuple[str, str]]:
    """Pairs of chunks of one protocol whose addresses lie in each other's span, or that share a name."""
    starts: dict[tuple[Protocol, int], list[tuple[int, int, int, str]]] = {}
    named: dict[tuple[Protocol, str], tuple[list[str], list[str]]] = {}
    for side, plan in ((0, one), (1, two)):
        for name, outline in plan.items():
            region = regions[side][name]
            for host in region.names:
                named.setdefault((outline.protocol, host), ([], []))[side].append(name)
            for version in VERSIONS:
                if ranges := region.numbers(version).ranges:
                    span = (ranges[0][0], ranges[-1][1], side, name)
                    starts.setdefault((outline.protocol, version), []).append(span)
    pairs = {(first, second) for firsts, seconds in named.values() for first in firsts for second in seconds}
    for spans in starts.values():
        pairs |= _crossing(sorted(spans))
    return pairs


def _crossing(spans: list[tuple[int, int, int, str]]) -> set[tuple[str, str]]:
    """Of spans in the order of their starts, those of the two sides that have a number in common."""
    pairs: set[tuple[str, str]] = set()
    open_spans: dict[int, dict[str, int]] = {0: {}, 1: {}}
    for low, high, side, name in spans:
        others = {each: end for each, end in open_spans[1 - side].items() if end >= low}
        open_spans[1 - side] = others
        open_spans[side][name] = high
        pairs |= {(name, each) if side == 0 else (each, name) for each in others}
    return pairs


class Ownership:
    """Whether a plan has a cell at all."""

    def __init__(self, plan: Iterable[Outline]) -> None:
        grouped: dict[tuple[Protocol, tuple[AddressRange, ...], tuple[str, ...]], list[Outline]] = {}
        for each in plan:
            grouped.setdefault((each.protocol, each.addresses, each.hosts), []).append(each)
        self._regions: dict[Protocol, list[Region]] = {}
        for (protocol, _, _), outlines in grouped.items():
            ranges = (part for each in outlines for part in PortSet.from_canonical(each.ports).numbers.ranges)
            region = replace(Region.of(outlines[0]), ports=IntervalSet.from_ranges(ranges))
            self._regions.setdefault(protocol, []).append(region)

    def owns(self, protocol: Protocol, asset: str, port: int) -> bool:
        block = Block.of(asset)
        offset = block.offset(asset)
        return any(port in each.ports and offset in each.offsets(block) for each in self._regions.get(protocol, ()))
