"""A scan's plan and the results that the ledger accepted, chunk by chunk, as evidence."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from functions.adapters.results import Results
from functions.core.block_evidence import BlockEvidence
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import NotFound
from functions.core.messages import CoverageLine, HostLine, ObservationLine
from functions.core.outline import Outline, Region
from functions.core.result_evidence import ResultEvidence
from functions.core.scan import Scan
from functions.core.targets import TargetSet
from functions.store.ledger import Ledger

_WITH_RESULT = frozenset({ChunkStatus.SAVED, ChunkStatus.INGESTED})
_EVER, _FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass
class ScanEvidence:
    """Of the results, the last that was read is kept; `lines` counts what was read of all."""

    scan: Scan
    ledger: Ledger
    results: Results
    lines: int = 0
    _kept: tuple[str, list[BlockEvidence]] = ("", [])

    @cached_property
    def outlines(self) -> tuple[Outline, ...]:
        return self._plan() if self.scan.counts.chunks else ()

    @cached_property
    def _named(self) -> dict[str, Outline]:
        return {each.chunk: each for each in self.outlines}

    def _plan(self) -> tuple[Outline, ...]:
        try:
            return self.results.get_outlines(self.scan.project, self.scan.id)
        except NotFound:
            raise NotFound(f"the documents of scan {self.scan.id} are kept no longer") from None

    def outline(self, chunk: str) -> Outline:
        return self._named[chunk]

    def region(self, chunk: str) -> Region:
        return Region.of(self.outline(chunk))

    def blocks(self, chunk: str) -> list[BlockEvidence]:
        """Empty for no chunk, and for one without a result or whose result is kept no longer: it covers nothing."""
        if chunk != self._kept[0]:
            self._kept = (chunk, self._read(chunk))
        return self._kept[1]

    def _read(self, chunk: str) -> list[BlockEvidence]:
        try:
            found = self.ledger.get(self.scan.project, self.scan.id, chunk)
            return list(self._evidence(found).blocks()) if found.status in _WITH_RESULT else []
        except NotFound:
            return []

    def _evidence(self, chunk: Chunk) -> ResultEvidence:
        """All that its own plan allows; what is excluded since then was seen nevertheless."""
        evidence = ResultEvidence(
            self.results.get_spec(chunk.project, chunk.scan, chunk.chunk),
            TargetSet(),
            admit_loopback=True,
            earliest=_EVER,
            latest=_FOREVER,
        )
        for line in self.results.open_result(chunk.result_key):
            self.lines += 1
            if isinstance(line, CoverageLine | HostLine | ObservationLine):
                evidence.add(line)
        return evidence
