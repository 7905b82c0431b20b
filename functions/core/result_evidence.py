"""What a result document says of the cells that its chunk may speak of, block by block."""

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.core.addresses import Version, denied_space, from_ranges
from functions.core.block import Block, blocks_of
from functions.core.chunk_spec import assets_of, cells_of
from functions.core.cover import Cover
from functions.core.coverage import COVERED, Answer, Method
from functions.core.coverage_map import Segment, Stamp
from functions.core.errors import Corrupt
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, CoverageLine, HostLine, ObservationLine
from functions.core.ports import PortSet
from functions.core.service import Service
from functions.core.targets import TargetSet, parse_exclusions

Cell = tuple[int, int]
"""An asset's offset in its block, and a port."""

VERSIONS: tuple[Version, ...] = (4, 6)
ONE_NAME = IntervalSet(((0, 0),))

_TIMES_OVER = 2
"""How often a document may tell of its chunk's cells; the worker's tell of each once."""


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
    """`observed` answers OPEN, or NO_ANSWER where nmap could not tell an open port from a silent one."""

    block: Block
    rectangles: list[Rectangle] = field(default_factory=list)
    observed: dict[Cell, Seen] = field(default_factory=dict)
    hosts: dict[str, list[HostLine]] = field(default_factory=lambda: defaultdict(list))

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


class ResultEvidence:
    """Takes lines in any order; keeps what lies in the chunk and in scope now, counts the rest in `refused`.

    Memory is bounded by the spec's cells: one observation a cell, one line an address of an asset, no script output, and
    Corrupt where coverage is told over and over.
    `earliest` and `latest`: between them the attempt worked; a time outside is drawn to the nearer end.
    `covered`: what authorities covered at a time; None where that was asked before.
    """

    def __init__(
        self,
        spec: ChunkSpec,
        exclusions: TargetSet,
        *,
        admit_loopback: bool,
        earliest: datetime,
        latest: datetime,
        covered: Callable[[datetime], Cover] | None = None,
    ) -> None:
        self.spec = spec
        self._covered = covered
        self.refused = 0
        self._earliest, self._latest = earliest, latest
        self._ports = PortSet.from_canonical(spec.ports).numbers
        denied = {each: denied_space(each, admit_loopback=admit_loopback) for each in VERSIONS}
        self._barred = {
            each: exclusions.addresses(each) | from_ranges(spec.exclusions, each) | denied[each] for each in VERSIONS
        }
        self._room = _TIMES_OVER * cells_of(spec)
        assets = assets_of(spec)
        self._addresses = {each: assets.addresses(each) - self._barred[each] for each in VERSIONS}
        self._hosts = {
            host.name: frozenset(host.addresses)
            for host in spec.hosts
            if host.name not in exclusions.hostnames and not any(self._is_barred(each) for each in host.addresses)
        }
        self._blocks: dict[Block, BlockEvidence] = {}

    def blocks(self) -> list[BlockEvidence]:
        return [self._blocks[block] for block in sorted(self._blocks)]

    def add(self, line: HostLine | ObservationLine | CoverageLine) -> None:
        match line:
            case CoverageLine():
                self._add_coverage(line)
            case ObservationLine():
                self._add_observation(line)
            case HostLine():
                if self._owns(line.asset, line.address, line.at):
                    self._add_host(line)

    def _add_host(self, line: HostLine) -> None:
        """The first account of an address stands."""
        known = self._evidence(Block.of(line.asset)).hosts[line.asset]
        if all(each.address != line.address for each in known):
            known.append(line.model_copy(update={"at": self._time(line.at)}))

    def _add_coverage(self, line: CoverageLine) -> None:
        ports = PortSet.from_canonical(line.ports).numbers
        told = sum(from_ranges(line.addresses, each).count for each in VERSIONS) + len(set(line.hosts))
        if line.protocol != self.spec.protocol:
            self.refused += told * ports.count
            return
        mine = ports & self._ports
        told_of = TargetSet(
            v4=from_ranges(line.addresses, 4) & self._addresses[4],
            v6=from_ranges(line.addresses, 6) & self._addresses[6],
            hostnames=tuple(sorted(set(line.hosts) & self._hosts.keys())),
        )
        allowed = self._allowed(told_of, line.at)
        names, addresses = allowed.hostnames, {4: allowed.v4, 6: allowed.v6}
        kept = sum(each.count for each in addresses.values()) + len(names)
        self._room -= kept * mine.count
        if self._room < 0:
            raise Corrupt("a result tells of its chunk's cells over and over")
        for version in VERSIONS:
            for block, offsets in blocks_of(addresses[version], version):
                self._add_rectangle(block, offsets, mine, line)
        for name in names:
            self._add_rectangle(Block.of(name), ONE_NAME, mine, line)
        self.refused += told * ports.count - kept * mine.count

    def _add_rectangle(self, block: Block, assets: IntervalSet, ports: IntervalSet, line: CoverageLine) -> None:
        if ports:
            rectangle = Rectangle(assets, ports, line.answer, line.how, self._time(line.at))
            self._evidence(block).rectangles.append(rectangle)

    def _add_observation(self, line: ObservationLine) -> None:
        owned = line.protocol == self.spec.protocol and line.port in self._ports
        if not owned or not self._owns(line.asset, line.address, line.at):
            self.refused += 1
            return
        block = Block.of(line.asset)
        observed = self._evidence(block).observed
        answer = Answer.OPEN if line.state == "open" else Answer.NO_ANSWER
        seen = Seen(answer, line.how, self._time(line.at), line.address, line.service)
        cell = (block.offset(line.asset), line.port)
        observed[cell] = max(observed.get(cell, seen), seen, key=_worth)

    def _owns(self, asset: str, address: str, at: datetime) -> bool:
        """Whether the asset is the chunk's, in scope now and allowed then, and the address is one that it has."""
        if asset in self._hosts:
            return address in self._hosts[asset] and self._is_allowed(asset, at)
        try:
            number = ipaddress.ip_address(asset)
        except ValueError:
            return False
        is_own = asset == address == str(number) and int(number) in self._addresses[number.version]
        return is_own and self._is_allowed(asset, at)

    def _is_allowed(self, asset: str, at: datetime) -> bool:
        if self._covered is None:
            return True
        return not self._covered(self._time(at)).without(parse_exclusions((asset,), field="asset"))

    def _allowed(self, told_of: TargetSet, at: datetime) -> TargetSet:
        """What of it an authority covered at the time."""
        return told_of if self._covered is None else self._covered(self._time(at)).common(told_of)

    def _is_barred(self, text: str) -> bool:
        address = ipaddress.ip_address(text)
        return int(address) in self._barred[address.version]

    def _time(self, at: datetime) -> datetime:
        return max(self._earliest, min(at, self._latest))

    def _evidence(self, block: Block) -> BlockEvidence:
        return self._blocks.setdefault(block, BlockEvidence(block))


def _worth(seen: Seen) -> tuple[bool, int, str]:
    """Of a hostname's addresses the one that tells most speaks for it; the lowest text among equals."""
    return (
        seen.answer is Answer.OPEN,
        seen.service.confidence,
        "".join(chr(0x10FFFF - ord(each)) for each in seen.address),
    )
