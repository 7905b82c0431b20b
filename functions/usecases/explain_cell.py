"""What is known of one cell: how a scan covered it, and what the networks of a project remember of it."""

import ipaddress
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from functions.adapters.results import Results
from functions.core.addresses import parse_address
from functions.core.block import Block
from functions.core.chunk import Chunk
from functions.core.chunk_spec import assets_of
from functions.core.coverage import Answer, Method
from functions.core.errors import NotFound
from functions.core.exposure import Exposure
from functions.core.hostnames import parse_hostname
from functions.core.messages import AddressRange, CoverageLine
from functions.core.model import Id, Model, Protocol, Time
from functions.core.network import Network
from functions.core.ports import PortSet
from functions.core.scan import Scan
from functions.core.targets import TargetSet, parse_exclusions
from functions.store.coverage_maps import CoverageMaps
from functions.store.exposures import Exposures
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.scans import Scans

_AT_ONCE = 16
"""Chunk specs read side by side in search of the one that owns a cell."""


class Cell(Model):
    asset: str
    protocol: Protocol
    port: int


class Probe(Model):
    """How one scan covered a cell: when, how, what it answered, or why it is not covered."""

    answer: Answer | None = None
    """None where the document that says it is kept no longer."""
    how: Method = Method.NONE
    at: Time | None = None
    scan: Id
    chunk: str = ""
    attempt: int = 0
    reason: str = ""
    sampled: bool = False
    """Where silence was the answer: whether samples of its chunk were to show how likely an open port there was missed."""
    miss_rate: float | None = None
    """How likely, as they showed; None where none was taken, or none had answers to tell by."""


class CellStory(Model):
    """What one network remembers of a cell."""

    network: Id
    name: str
    last_probe: Probe | None = None
    exposure: Exposure | None = None


def cell_of(asset: str, protocol: Protocol, port: int) -> Cell:
    """The cell that a user names; an address in canonical text, a hostname in lower case. Raises InvalidInput."""
    try:
        ipaddress.ip_address(asset)
    except ValueError:
        return Cell(asset=parse_hostname(asset, "asset"), protocol=protocol, port=port)
    return Cell(asset=str(parse_address(asset, "asset")), protocol=protocol, port=port)


@dataclass(frozen=True, kw_only=True)
class ExplainCell:
    networks: Networks
    scans: Scans
    coverage: CoverageMaps
    exposures: Exposures
    ledger: Ledger
    results: Results

    def in_scan(self, *, project: str, scan: str, cell: Cell) -> Probe:
        """Raises NotFound where the cell is no part of the scan."""
        found = self.scans.get(project, scan)
        for chunk in self._owners(found, cell):
            return self._probe(chunk, cell)
        if _is_excluded(found, cell):
            return Probe(answer=Answer.EXCLUDED, scan=scan, reason="the scan's exclusions hold it")
        raise NotFound("the cell is no part of this scan")

    def in_project(self, *, project: str, cell: Cell) -> tuple[CellStory, ...]:
        """One story for each network that has ever covered the cell or knows it as an exposure."""
        stories = (self._story(network, cell) for network in self._all_networks(project))
        return tuple(story for story in stories if story.last_probe or story.exposure)

    def _story(self, network: Network, cell: Cell) -> CellStory:
        return CellStory(
            network=network.id,
            name=network.name,
            last_probe=self._last_probe(network, cell),
            exposure=self._exposure(network, cell),
        )

    def _last_probe(self, network: Network, cell: Cell) -> Probe | None:
        """None: never covered."""
        block = Block.of(cell.asset)
        segment = self.coverage.get(network.project, network.id, block, cell.protocol).covered(cell.asset, cell.port)
        if segment is None:
            return None
        stamp = segment.stamp
        known = Probe(how=stamp.how, at=stamp.last, scan=stamp.scan, chunk=stamp.chunk, attempt=stamp.attempt)
        try:
            chunk = self.ledger.get(network.project, stamp.scan, stamp.chunk)
            return self._probe(chunk, cell)
        except NotFound:
            return known.model_copy(update={"reason": "the scan's documents are kept no longer"})

    def _exposure(self, network: Network, cell: Cell) -> Exposure | None:
        try:
            return self.exposures.get(network.project, network.id, cell.asset, cell.protocol, cell.port)
        except NotFound:
            return None

    def _all_networks(self, project: str) -> Iterator[Network]:
        cursor = ""
        while True:
            page = self.networks.list(project, cursor=cursor)
            yield from page.items
            if not page.next_cursor:
                return
            cursor = page.next_cursor

    def _owners(self, scan: Scan, cell: Cell) -> Iterator[Chunk]:
        """The one chunk that owns the cell, found among the specs, some read at a time."""
        chunks = self.ledger.list(scan.project, scan.id)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="specs") as pool:
            for start in range(0, len(chunks), _AT_ONCE):
                group = chunks[start : start + _AT_ONCE]
                for chunk, owns in zip(group, pool.map(lambda each: self._owns(each, cell), group), strict=True):
                    if owns:
                        yield chunk

    def _owns(self, chunk: Chunk, cell: Cell) -> bool:
        spec = self.results.get_spec(chunk.project, chunk.scan, chunk.chunk)
        return (
            spec.protocol == cell.protocol
            and cell.port in PortSet.from_canonical(spec.ports)
            and assets_of(spec).contains(cell.asset)
        )

    def _probe(self, chunk: Chunk, cell: Cell) -> Probe:
        about = Probe(answer=Answer.NOT_COVERED, scan=chunk.scan, chunk=chunk.chunk, attempt=chunk.attempt)
        if not chunk.result_key:
            reason = f"its chunk is {chunk.status}" + (f": {chunk.reason}" if chunk.reason else "")
            return about.model_copy(update={"reason": reason})
        for line in self.results.open_result(chunk.result_key):
            if isinstance(line, CoverageLine) and _covers(line, cell):
                told = {"answer": line.answer, "how": line.how, "at": line.at, "reason": line.reason}
                if line.answer is Answer.NOT_OPEN:
                    told |= {"sampled": bool(chunk.sampled), "miss_rate": chunk.miss_rate}
                return about.model_copy(update=told)
        return about.model_copy(update={"reason": "its chunk's result says nothing of it"})


def _covers(line: CoverageLine, cell: Cell) -> bool:
    if line.protocol != cell.protocol or cell.port not in PortSet.from_canonical(line.ports):
        return False
    try:
        address = ipaddress.ip_address(cell.asset)
    except ValueError:
        return cell.asset in line.hosts
    return any(_between(address, each) for each in line.addresses)


def _between(address: ipaddress.IPv4Address | ipaddress.IPv6Address, each: AddressRange) -> bool:
    first, last = ipaddress.ip_address(each.first), ipaddress.ip_address(each.last)
    return first.version == address.version and int(first) <= int(address) <= int(last)


def _is_excluded(scan: Scan, cell: Cell) -> bool:
    exclusions: TargetSet = parse_exclusions(scan.snapshot.exclusions, field="exclusions")
    return exclusions.contains(cell.asset)
