"""What a result document says of the cells that its chunk may speak of, block by block."""

import ipaddress
from collections.abc import Callable, Iterator
from datetime import datetime

from functions.core.addresses import Version, denied_space, from_ranges
from functions.core.block import Block, blocks_of
from functions.core.block_evidence import BlockEvidence, MemoryShelf, Rectangle, Seen, Shelf
from functions.core.chunk_spec import assets_of, cells_of
from functions.core.cover import Cover
from functions.core.coverage import Answer
from functions.core.errors import Corrupt
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, CoverageLine, HostLine, ObservationLine
from functions.core.ports import PortSet
from functions.core.targets import TargetSet

VERSIONS: tuple[Version, ...] = (4, 6)
ONE_NAME = IntervalSet(((0, 0),))

_TIMES_OVER = 2
"""How often a document may tell of its chunk's cells; the worker's tell of each once."""


class ResultEvidence:
    """Takes lines in any order; keeps what lies in the chunk and in scope now, counts the rest in `refused`.

    What it puts on the shelf is bounded by the spec's cells: of each block one observation a cell, one line an address of
    an asset, no script output, and Corrupt where coverage is told over and over.
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
        shelf: Shelf | None = None,
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
        self._shelf = shelf or MemoryShelf()

    def blocks(self) -> Iterator[BlockEvidence]:
        """In their order, each made when it is asked for."""
        return self._shelf.blocks()

    def add(self, line: HostLine | ObservationLine | CoverageLine) -> None:
        match line:
            case CoverageLine():
                self._add_coverage(line)
            case ObservationLine():
                self._add_observation(line)
            case HostLine():
                if self._owns(line.asset, line.address, line.at):
                    self._shelf.put(Block.of(line.asset), line.model_copy(update={"at": self._time(line.at)}))

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
            self._shelf.put(block, rectangle)

    def _add_observation(self, line: ObservationLine) -> None:
        owned = line.protocol == self.spec.protocol and line.port in self._ports
        if not owned or not self._owns(line.asset, line.address, line.at):
            self.refused += 1
            return
        block = Block.of(line.asset)
        answer = Answer.OPEN if line.state == "open" else Answer.OPEN_FILTERED
        seen = Seen(answer, line.how, self._time(line.at), line.address, line.service)
        self._shelf.put(block, ((block.offset(line.asset), line.port), seen))

    def _owns(self, asset: str, address: str, at: datetime) -> bool:
        """Whether the asset is the chunk's, in scope now and allowed then, and the address is one that it has."""
        if asset in self._hosts:
            return address in self._hosts[asset] and self._is_allowed(TargetSet(hostnames=(asset,)), at)
        try:
            number = ipaddress.ip_address(asset)
        except ValueError:
            return False
        is_own = asset == address == str(number) and int(number) in self._addresses[number.version]
        one = IntervalSet(((int(number), int(number)),))
        return is_own and self._is_allowed(TargetSet(v4=one) if number.version == 4 else TargetSet(v6=one), at)

    def _is_allowed(self, asset: TargetSet, at: datetime) -> bool:
        return self._covered is None or not self._covered(self._time(at)).without(asset)

    def _allowed(self, told_of: TargetSet, at: datetime) -> TargetSet:
        """What of it an authority covered at the time."""
        return told_of if self._covered is None else self._covered(self._time(at)).common(told_of)

    def _is_barred(self, text: str) -> bool:
        address = ipaddress.ip_address(text)
        return int(address) in self._barred[address.version]

    def _time(self, at: datetime) -> datetime:
        return max(self._earliest, min(at, self._latest))
