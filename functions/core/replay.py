"""A network's recent scans once more, under the rules that it has and under others: which alerts differ."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from functions.core.alert import Alert
from functions.core.block import Block
from functions.core.block_evidence import BlockEvidence, Cell, Seen
from functions.core.coverage import COVERED, Answer
from functions.core.coverage_map import CoverageMap, Stamp
from functions.core.derive import Case, Ground, of_exposure
from functions.core.derive_wider import of_named_cell
from functions.core.exposure import Exposure
from functions.core.host import Host
from functions.core.judge import Evidence, Patience, judge
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.policy import NamedCell, Policy, Subject, expected, named_cells

CellName = tuple[str, Protocol, int]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Whose evidence it is, by the plan and the ledger."""

    scan: str
    chunk: str
    attempt: int
    protocol: Protocol
    patience: Patience
    ended: datetime
    """When the alerts of the scan would have been derived."""


@dataclass(slots=True)
class _Place:
    """What the replay has seen in one block over one protocol."""

    exposures: dict[Cell, Exposure] = field(default_factory=dict)
    coverage: CoverageMap = field(default_factory=CoverageMap)


class Replay:
    """`before`: the rules as they stand; `after`: those that are tried. Give it documents in the order of their scans."""

    def __init__(self, network: Network, *, before: Policy, after: Policy, at: datetime) -> None:
        self._network = network
        self._grounds = (Ground(network, before), Ground(network, after))
        self._raised: tuple[dict[str, Alert], dict[str, Alert]] = ({}, {})
        self._places: dict[tuple[Block, Protocol], _Place] = defaultdict(_Place)
        self._named: dict[tuple[Block, Protocol], set[Cell]] = defaultdict(set)
        self._never_open: dict[CellName, Stamp] = {}
        self._remembered: dict[CellName, Exposure] = {}
        self._hosts: dict[str, Host] = {}
        self._blocks: set[Block] = set()
        for cell in (*named_cells(before, at), *named_cells(after, at)):
            block = Block.of(cell.asset)
            self._named[block, cell.protocol].add((block.offset(cell.asset), cell.port))

    def knows(self, block: Block) -> bool:
        """Whether `remember` was called for the block."""
        return block in self._blocks

    def remember(self, block: Block, exposures: Iterable[Exposure], hosts: Iterable[Host]) -> None:
        """What the inventory holds of the block: when its episodes began, and the hosts' tags."""
        self._blocks.add(block)
        self._remembered.update({(each.asset, each.protocol, each.port): each for each in exposures})
        self._hosts.update({host.asset: host for host in hosts})

    def take(self, evidence: BlockEvidence, source: Source) -> None:
        key = (evidence.block, source.protocol)
        place, named = self._places[key], self._named[key]
        for cell, seen in evidence.seen(frozenset(place.exposures) | named).items():
            self._judge(place, evidence.block, cell, seen, source)
            if cell in named:
                self._look_for_never_open(place, evidence.block, cell, seen, source)
        segments = list(evidence.covered(scan=source.scan, chunk=source.chunk, attempt=source.attempt))
        place.coverage = place.coverage.overlay(segments)

    def end(self, at: datetime) -> None:
        """Derives all once more: exceptions that have ended meanwhile, and what expectations name and no exposure tells of."""
        for place in self._places.values():
            for exposure in place.exposures.values():
                self._derive(exposure, None, at)
        for raised, ground in zip(self._raised, self._grounds, strict=True):
            for cell in named_cells(ground.policy, at):
                stamp = self._never_open.get((cell.asset, cell.protocol, cell.port))
                if stamp is not None and expected(ground.policy, self._subject(cell), at) == cell.rule:
                    alert = of_named_cell(cell, stamp, ground, at=at)
                    raised.setdefault(alert.id, alert)

    @property
    def kept(self) -> list[Alert]:
        before, after = self._raised
        return [before[each] for each in sorted(before.keys() & after.keys())]

    @property
    def added(self) -> list[Alert]:
        before, after = self._raised
        return [after[each] for each in sorted(after.keys() - before.keys())]

    @property
    def removed(self) -> list[Alert]:
        before, after = self._raised
        return [before[each] for each in sorted(before.keys() - after.keys())]

    def _judge(self, place: _Place, block: Block, cell: Cell, seen: Seen, source: Source) -> None:
        known = place.exposures.get(cell)
        evidence = self._evidence(block, cell, seen, source)
        covered = place.coverage.covered(evidence.asset, evidence.port)
        last = covered.stamp.last if covered else None
        judged = judge(known, evidence, covered_before=last, patience=source.patience)
        if judged is None:
            return
        if known is None:
            judged = self._as_remembered(judged)
        place.exposures[cell] = judged
        self._derive(judged, known, source.ended)

    def _evidence(self, block: Block, cell: Cell, seen: Seen, source: Source) -> Evidence:
        asset = block.asset(cell[0])
        host = self._hosts.get(asset)
        return Evidence(
            project=self._network.project,
            network=self._network.id,
            asset=asset,
            address=seen.address or asset,
            protocol=source.protocol,
            port=cell[1],
            answer=seen.answer,
            how=seen.how,
            service=seen.service,
            at=seen.at,
            scan=source.scan,
            chunk=source.chunk,
            attempt=source.attempt,
            held=host is not None and host.answers_everything is not None,
        )

    def _as_remembered(self, judged: Exposure) -> Exposure:
        """What the first of the scans finds open was perhaps no baseline: the inventory knows since when it is open."""
        known = self._remembered.get((judged.asset, judged.protocol, judged.port))
        if known is None or known.opening.at > judged.change.at:
            return judged
        opened_here = known.opening.scan == judged.change.scan
        return judged.model_copy(
            update={
                "opening": known.opening,
                "episode": known.episode,
                "confirmed": known.opening.baseline or not opened_here,
            }
        )

    def _look_for_never_open(self, place: _Place, block: Block, cell: Cell, seen: Seen, source: Source) -> None:
        name = (block.asset(cell[0]), source.protocol, cell[1])
        if cell in place.exposures or name in self._remembered:
            self._never_open.pop(name, None)
        elif seen.answer in COVERED and seen.answer is not Answer.OPEN:
            self._never_open[name] = Stamp(seen.at, source.scan, source.chunk, source.attempt, seen.how)

    def _derive(self, exposure: Exposure, before: Exposure | None, at: datetime) -> None:
        host = self._hosts.get(exposure.asset)
        tags = host.tags if host else ()
        for raised, ground in zip(self._raised, self._grounds, strict=True):
            for call in of_exposure(Case(exposure=exposure, ground=ground, at=at, host_tags=tags, before=before)):
                if not call.waiting:
                    raised.setdefault(call.alert.id, call.alert)

    def _subject(self, cell: NamedCell) -> Subject:
        host = self._hosts.get(cell.asset)
        tags = frozenset({*self._network.tags, *(host.tags if host else ())})
        return Subject(cell.asset, "", cell.protocol, cell.port, tags=tags)
