"""Which cells each chunk of a plan owns, without all else that a worker is told: an index over a scan's documents."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from functions.core.addresses import Version, from_ranges
from functions.core.block import Block
from functions.core.intervals import EMPTY, IntervalSet
from functions.core.messages import AddressRange, CanonicalPorts, ChunkSpec
from functions.core.model import Model, Protocol
from functions.core.ports import PortSet

VERSIONS: tuple[Version, ...] = (4, 6)
_BITS = {4: 8, 6: 64}
_ONE = IntervalSet(((0, 0),))
K = TypeVar("K")


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
            return _ONE if block.name in self.names else EMPTY
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
    one, two = sorted(before, key=_name), sorted(after, key=_name)
    if one == two:
        return [Unit(each.chunk, each.chunk) for each in one]
    left = {(side, each.chunk): Region.of(each).cells for side, plan in ((0, one), (1, two)) for each in plan}
    shared: dict[str, list[str]] = {each.chunk: [] for each in two}
    for first, second, cells in sorted(_shared(_groups(one), _groups(two))):
        shared[second].append(first)
        left[0, first] -= cells
        left[1, second] -= cells
    found: list[Unit] = []
    for each in two:
        found += [Unit(name, each.chunk) for name in shared[each.chunk]]
        found += [Unit("", each.chunk)] if left[1, each.chunk] else []
    return found + [Unit(each.chunk, "") for each in one if left[0, each.chunk]]


def _name(outline: Outline) -> str:
    return outline.chunk


@dataclass(frozen=True, slots=True)
class _Group:
    """Chunks that differ in their ports alone."""

    protocol: Protocol
    assets: Region
    ports: dict[str, IntervalSet]


def _groups(plan: Iterable[Outline]) -> list[_Group]:
    found: dict[tuple[Protocol, tuple[AddressRange, ...], tuple[str, ...]], _Group] = {}
    for each in plan:
        key = (each.protocol, each.addresses, each.hosts)
        if key not in found:
            found[key] = _Group(each.protocol, replace(Region.of(each), ports=_ONE), {})
        found[key].ports[each.chunk] = PortSet.from_canonical(each.ports).numbers
    return list(found.values())


def _shared(one: Sequence[_Group], two: Sequence[_Group]) -> Iterator[tuple[str, str, int]]:
    """Pairs of chunks with the number of cells that both have."""
    for first, second in _neighbours(one, two):
        mine, theirs = one[first], two[second]
        if assets := (mine.assets & theirs.assets).cells:
            spans = [(each.ranges[0][0], each.ranges[-1][1], 0, name) for name, each in mine.ports.items()]
            spans += [(each.ranges[0][0], each.ranges[-1][1], 1, name) for name, each in theirs.ports.items()]
            for name, other in _crossing(spans):
                if ports := (mine.ports[name] & theirs.ports[other]).count:
                    yield name, other, assets * ports


def _neighbours(one: Sequence[_Group], two: Sequence[_Group]) -> set[tuple[int, int]]:
    """Groups of one protocol whose addresses lie in each other's span, or that share a name; by their places."""
    spans: dict[tuple[Protocol, int], list[tuple[int, int, int, int]]] = {}
    named: dict[tuple[Protocol, str], tuple[set[int], set[int]]] = {}
    for side, groups in enumerate((one, two)):
        for place, group in enumerate(groups):
            for host in group.assets.names:
                named.setdefault((group.protocol, host), (set(), set()))[side].add(place)
            for version in VERSIONS:
                if ranges := group.assets.numbers(version).ranges:
                    span = (ranges[0][0], ranges[-1][1], side, place)
                    spans.setdefault((group.protocol, version), []).append(span)
    pairs = {(first, second) for firsts, seconds in named.values() for first in firsts for second in seconds}
    return pairs.union(*(_crossing(each) for each in spans.values()))


def _crossing(spans: Iterable[tuple[int, int, int, K]]) -> set[tuple[K, K]]:
    """Of spans (first, last, side, key) the pairs of both sides that have a number in common."""
    pairs: set[tuple[K, K]] = set()
    reaching: tuple[dict[K, int], dict[K, int]] = ({}, {})
    for first, last, side, key in sorted(spans, key=lambda span: span[:3]):
        others = reaching[1 - side]
        for other in [other for other, end in others.items() if end < first]:
            del others[other]
        reaching[side][key] = last
        pairs |= {(key, other) if side == 0 else (other, key) for other in others}
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
