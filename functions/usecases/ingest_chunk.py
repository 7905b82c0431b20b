"""Ingest a chunk's saved result: judge what it covered against the inventory and write what changed."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from functions.adapters.disk_shelf import DiskShelf
from functions.adapters.results import Results
from functions.core.block import Block
from functions.core.block_evidence import BlockEvidence, Cell, Seen, Shelf
from functions.core.chunk import CHUNK_TABLE, Chunk, ChunkCounts, ChunkEvent, ChunkStatus
from functions.core.coverage import Answer
from functions.core.coverage_map import CoverageMap, Segment
from functions.core.errors import Corrupt, StaleVersion, Unavailable
from functions.core.exposure import ChangeKind, Exposure
from functions.core.judge import Evidence, Patience, is_of, judge
from functions.core.messages import ChunkSpec, ResultHeader, ResultTrailer
from functions.core.result_evidence import ResultEvidence
from functions.core.scan import Snapshot
from functions.core.targets import parse_exclusions
from functions.store.coverage_maps import CoverageMaps
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.usecases.bounds import Bounds
from functions.usecases.ingest_hosts import IngestHosts
from functions.usecases.side_by_side import TRIES, side_by_side


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """Whose evidence it is, by the plan and the ledger, never by the document."""

    chunk: Chunk
    spec: ChunkSpec
    began: datetime
    """When the scan was asked for: what was covered since then was covered by it."""
    patience: Patience

    def evidence(self, block: Block, cell: Cell, seen: Seen, *, held: bool) -> Evidence:
        asset = block.asset(cell[0])
        return Evidence(
            project=self.spec.project,
            network=self.spec.network,
            asset=asset,
            address=seen.address or asset,
            protocol=self.spec.protocol,
            port=cell[1],
            answer=seen.answer,
            how=seen.how,
            service=seen.service,
            at=seen.at,
            scan=self.chunk.scan,
            chunk=self.chunk.chunk,
            attempt=self.chunk.attempt,
            held=held,
        )


@dataclass(frozen=True)
class _Judging:
    """What the cells of one block are judged against."""

    attempt: _Attempt
    block: Block
    known: dict[Cell, Exposure]
    before: CoverageMap
    held: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class IngestChunk:
    """Run twice, it writes nothing. Hosts come first, then exposures, then coverage: a crash between derives the same again."""

    ledger: Ledger
    scans: Scans
    networks: Networks
    exposures: Exposures
    hosts: Hosts
    coverage: CoverageMaps
    results: Results
    bounds: Bounds
    shelf: Callable[[], AbstractContextManager[Shelf]] = DiskShelf.opened

    def __call__(self, *, project: str, scan: str, chunk: str, now: datetime) -> ChunkCounts:
        """What the chunk's result came to.

        Raises IllegalTransition for a chunk without a saved result, Corrupt for a document that is not to be trusted,
        NotFound where the network is gone, Unavailable.
        """
        found = self.ledger.get(project, scan, chunk)
        if found.status is ChunkStatus.INGESTED:
            return found.counts
        CHUNK_TABLE.after(found.status, ChunkEvent.INGEST)
        of = self.scans.get(project, scan)
        attempt = _Attempt(
            chunk=found,
            spec=self.results.get_spec(project, scan, chunk),
            began=of.created,
            patience=_patience(of.snapshot),
        )
        with self.shelf() as shelf:
            evidence = self._read(attempt, now, shelf)
            counts = _total(self._ingest_block(attempt, block) for block in evidence.blocks())
        refused = (
            f"{evidence.refused} cells outside the chunk or excluded by now were refused" if evidence.refused else ""
        )
        return self.ledger.mark_ingested(found, counts, reason=refused).counts

    def _read(self, attempt: _Attempt, now: datetime, shelf: Shelf) -> ResultEvidence:
        """The whole document before anything is written: its digest stands at its end."""
        chunk, spec = attempt.chunk, attempt.spec
        evidence = ResultEvidence(
            spec,
            parse_exclusions(self._excluded(spec), field="exclusions"),
            admit_loopback=self.bounds.admit_loopback,
            covered=self.bounds.timeline(spec.project),
            earliest=min(max(attempt.began, chunk.begun or chunk.claimed or now), now),
            latest=min(chunk.lease_until or now, now),
            shelf=shelf,
        )
        for index, line in enumerate(self.results.open_result(chunk.result_key)):
            if index == 0:
                _check_header(line, chunk)
            elif isinstance(line, ResultHeader):
                raise Corrupt(f"{chunk.result_key} has two headers")
            elif not isinstance(line, ResultTrailer):
                evidence.add(line)
        return evidence

    def _excluded(self, spec: ChunkSpec) -> tuple[str, ...]:
        """By the network, for everybody, and while the scan was live."""
        own = self.networks.get(spec.project, spec.network).exclusions
        return (*self.bounds.excluded(own), *self.ledger.exclusions(spec.project, spec.scan))

    def _ingest_block(self, attempt: _Attempt, block: BlockEvidence) -> ChunkCounts:
        spec = attempt.spec
        offsets = block.assets().ranges
        first, last = block.block.asset(offsets[0][0]), block.block.asset(offsets[-1][1])
        known = {
            (block.block.offset(each.asset), each.port): each
            for each in self.exposures.of_block(spec.project, spec.network, first, last)
            if each.protocol == spec.protocol
        }
        before = self.coverage.get(spec.project, spec.network, block.block, spec.protocol)
        seen = block.seen(frozenset(known))
        ingest_hosts = IngestHosts(hosts=self.hosts, coverage=self.coverage)
        held = ingest_hosts(spec, block, seen, before, began=attempt.began)
        judging = _Judging(attempt, block.block, known, before, held)
        kinds = side_by_side(partial(self._ingest_cell, judging), list(seen.items()))
        self._cover(attempt, block)
        return _counts(block, seen, kinds)

    def _ingest_cell(self, judging: _Judging, cell_seen: tuple[Cell, Seen]) -> str:
        """The kind of change that this attempt made of the cell, now or in an earlier try; empty for none."""
        cell, seen = cell_seen
        evidence = judging.attempt.evidence(judging.block, cell, seen, held=cell[0] in judging.held)
        exposure = judging.known.get(cell)
        covered = judging.before.covered(evidence.asset, evidence.port)
        for _ in range(TRIES):
            judged = judge(
                exposure,
                evidence,
                covered_before=covered.stamp.last if covered else None,
                patience=judging.attempt.patience,
            )
            if judged is None:
                return _kind_of(exposure) if exposure is not None and is_of(exposure, evidence) else ""
            try:
                self.exposures.save(judged)
            except StaleVersion as stale:
                exposure = Exposure.model_validate(stale.current) if stale.current else None
                continue
            return _kind_of(judged)
        raise Unavailable(f"port {evidence.port} of {evidence.asset} keeps changing under our hands")

    def _cover(self, attempt: _Attempt, block: BlockEvidence) -> None:
        chunk, spec = attempt.chunk, attempt.spec
        segments: list[Segment] = list(block.covered(scan=chunk.scan, chunk=chunk.chunk, attempt=chunk.attempt))
        if segments:
            self.coverage.change(
                spec.project, spec.network, block.block, spec.protocol, lambda kept: kept.overlay(segments)
            )


def _patience(snapshot: Snapshot) -> Patience:
    return Patience(
        misses_to_close=snapshot.misses_to_close,
        reopen_window_hours=snapshot.reopen_window_hours,
        flapping=snapshot.flapping,
    )


def _check_header(line: object, chunk: Chunk) -> None:
    """A document of another chunk or attempt is not this one's, whoever put it there."""
    if not isinstance(line, ResultHeader):
        raise Corrupt(f"{chunk.result_key} does not begin with a header")
    told = (line.project, line.scan, line.chunk, line.attempt)
    if told != (chunk.project, chunk.scan, chunk.chunk, chunk.attempt):
        raise Corrupt(f"{chunk.result_key} is the result of another attempt")


def _kind_of(exposure: Exposure) -> str:
    kind = exposure.change.kind
    return "baseline" if kind is ChangeKind.OPENED and exposure.change.baseline else str(kind)


def _counts(block: BlockEvidence, seen: dict[Cell, Seen], kinds: Iterable[str]) -> ChunkCounts:
    made = Counter(kinds)
    return ChunkCounts(
        cells_covered=block.cells_covered(),
        open_ports=sum(each.answer is Answer.OPEN for each in seen.values()),
        hosts_up=sum(any(line.up for line in lines) for lines in block.hosts.values()),
        opened=made["opened"],
        reopened=made["reopened"],
        changed=made["changed"],
        closed=made["closed"],
        baseline=made["baseline"],
    )


def _total(counts: Iterable[ChunkCounts]) -> ChunkCounts:
    sums: Counter[str] = Counter()
    for each in counts:
        sums.update(each.model_dump())
    return ChunkCounts(**sums)
