"""Rules tried on what was seen: against a network's last scans, and against its inventory as it stands."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from pydantic import Field

from functions.adapters.results import Results
from functions.core.alert import Alert, AlertType, Severity
from functions.core.block import Block
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.derive import Case, Ground, of_exposure
from functions.core.errors import Corrupt, NotFound
from functions.core.exposure import Exposure
from functions.core.judge import Patience
from functions.core.messages import CoverageLine, HostLine, ObservationLine
from functions.core.model import Id, Model, Protocol
from functions.core.network import Network
from functions.core.policy import Policy
from functions.core.replay import Replay, Source
from functions.core.result_evidence import ResultEvidence
from functions.core.scan import LIVE, Scan
from functions.core.targets import parse_exclusions
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.scans import Scans

MAX_SCANS = 20
MAX_DOCUMENTS = 200
"""Chunks of all scans together that one request reads."""
MAX_OPEN = 20_000
"""Open ports of all scans together."""
MAX_ALERTS = 500
"""Alerts that are told one by one."""
PAGE = 500
"""Exposures that one request asks about."""
_WITH_RESULT = frozenset({ChunkStatus.SAVED, ChunkStatus.INGESTED})


class Difference(Model):
    """An alert that one set of rules raises and the other does not."""

    change: Literal["added", "removed"]
    type: AlertType
    severity: Severity
    asset: str
    protocol: Protocol | None
    port: int | None
    scan: str
    why: str


class BackTestReport(Model):
    """`scans`: those that were gone through, oldest first. A document that is no longer kept tells nothing."""

    scans: tuple[Id, ...]
    left_out: int
    """Older ones that were asked for and would have been too much for one request."""
    documents: int
    documents_missing: int
    kept: int
    added: dict[AlertType, int]
    removed: dict[AlertType, int]
    alerts: tuple[Difference, ...]
    """The first of those that differ; `added` and `removed` count all."""


class Effect(Model):
    """What other rules would make of a page of the inventory; nothing is raised. Add up the pages."""

    examined: int = 0
    kept: int = 0
    raised: dict[AlertType, int] = Field(default_factory=dict)
    resolved: dict[AlertType, int] = Field(default_factory=dict)
    next_cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class BackTest:
    networks: Networks
    scans: Scans
    ledger: Ledger
    results: Results
    exposures: Exposures
    hosts: Hosts
    admit_loopback: bool = False

    def replay(
        self, *, project: str, network: str, before: Policy, after: Policy, scans: int, now: datetime
    ) -> BackTestReport:
        """The alerts that `after` adds and removes over the last `scans` scans. Raises NotFound."""
        found = self.networks.get(project, network)
        chosen, left_out = self._chosen(project, network, scans)
        run = _Run(self, found, Replay(found, before=before, after=after, at=now))
        for scan in chosen:
            run.go_through(scan, now)
        run.replay.end(now)
        return run.report(chosen, left_out)

    def effect(
        self, *, project: str, network: str, before: Policy, after: Policy, cursor: str, now: datetime
    ) -> Effect:
        """One page of the inventory under both. Raises NotFound, InvalidInput for a foreign cursor."""
        found = self.networks.get(project, network)
        page = self.exposures.list(project, network, limit=PAGE, cursor=cursor)
        asks_tags = any(entry.rule.tag for policy in (before, after) for entry in policy.entries)
        tags = self._tags(project, network, page.items) if asks_tags else {}
        told = [
            [_called(exposure, Ground(found, policy), now, tags) for policy in (before, after)]
            for exposure in page.items
        ]
        return Effect(
            examined=len(page.items),
            kept=sum(len(mine & theirs) for mine, theirs in told),
            raised=Counter(kind for mine, theirs in told for kind in theirs - mine),
            resolved=Counter(kind for mine, theirs in told for kind in mine - theirs),
            next_cursor=page.next_cursor or None,
        )

    def _chosen(self, project: str, network: str, wanted: int) -> tuple[list[Scan], int]:
        """Oldest first, with the confirmations between them; and how many were left out."""
        newest = self.scans.list(project, network=network, limit=3 * MAX_SCANS).items
        chosen: list[Scan] = []
        documents = opened = passes = left_out = 0
        for scan in newest:
            if scan.status in LIVE or passes + left_out == wanted:
                continue
            documents += max(scan.counts.chunks, 1)
            opened += scan.counts.open_ports
            if left_out or (chosen and (documents > MAX_DOCUMENTS or opened > MAX_OPEN)):
                left_out += scan.kind == "scan"
                continue
            chosen.append(scan)
            passes += scan.kind == "scan"
        return chosen[::-1], left_out

    def _tags(self, project: str, network: str, exposures: Iterable[Exposure]) -> dict[str, tuple[str, ...]]:
        """A page lies in few blocks: one range read for each."""
        tags: dict[str, tuple[str, ...]] = {}
        for block, group in groupby((each.asset for each in exposures), key=Block.of):
            assets = sorted(set(group), key=block.offset)
            hosts = self.hosts.of_block(project, network, assets[0], assets[-1])
            tags.update({host.asset: host.tags for host in hosts})
        return tags


@dataclass
class _Run:
    """One back-test under way."""

    of: BackTest
    network: Network
    replay: Replay
    documents: int = 0
    missing: int = 0

    def go_through(self, scan: Scan, now: datetime) -> None:
        chunks = [each for each in self.of.ledger.list(scan.project, scan.id) if each.status in _WITH_RESULT]
        for chunk in sorted(chunks, key=lambda each: (each.claimed or scan.created, each.chunk)):
            try:
                evidence = self._read(scan, chunk, now)
            except (NotFound, Corrupt):
                self.missing += 1
                continue
            self.documents += 1
            self._take(evidence, scan, chunk, now)

    def report(self, scans: Iterable[Scan], left_out: int) -> BackTestReport:
        added, removed = self.replay.added, self.replay.removed
        told = [*_differences("added", added), *_differences("removed", removed)]
        return BackTestReport(
            scans=tuple(scan.id for scan in scans),
            left_out=left_out,
            documents=self.documents,
            documents_missing=self.missing,
            kept=len(self.replay.kept),
            added=Counter(each.type for each in added),
            removed=Counter(each.type for each in removed),
            alerts=tuple(told[:MAX_ALERTS]),
        )

    def _read(self, scan: Scan, chunk: Chunk, now: datetime) -> ResultEvidence:
        """The whole document before any of it is believed: its digest stands at its end."""
        evidence = ResultEvidence(
            self.of.results.get_spec(scan.project, scan.id, chunk.chunk),
            parse_exclusions(self.network.exclusions, field="exclusions"),
            admit_loopback=self.of.admit_loopback,
            earliest=min(max(scan.created, chunk.begun or chunk.claimed or scan.created), now),
            latest=min(chunk.lease_until or now, now),
        )
        for line in self.of.results.open_result(chunk.result_key):
            if isinstance(line, HostLine | ObservationLine | CoverageLine):
                evidence.add(line)
        return evidence

    def _take(self, evidence: ResultEvidence, scan: Scan, chunk: Chunk, now: datetime) -> None:
        source = Source(
            scan=scan.id,
            chunk=chunk.chunk,
            attempt=chunk.attempt,
            protocol=evidence.spec.protocol,
            patience=Patience(
                misses_to_close=scan.snapshot.misses_to_close,
                reopen_window_hours=scan.snapshot.reopen_window_hours,
                flapping=scan.snapshot.flapping,
            ),
            ended=scan.ended or now,
        )
        for block in evidence.blocks():
            if not self.replay.knows(block.block):
                self._remember(block.block)
            self.replay.take(block, source)

    def _remember(self, block: Block) -> None:
        last = block.asset({4: 2**8, 6: 2**64}.get(block.version, 1) - 1)
        project, network = self.network.project, self.network.id
        exposures = self.of.exposures.of_block(project, network, block.first, last)
        self.replay.remember(block, exposures, self.of.hosts.of_block(project, network, block.first, last))


def _called(
    exposure: Exposure, ground: Ground, at: datetime, tags: Mapping[str, tuple[str, ...]]
) -> frozenset[AlertType]:
    """What the exposure itself calls for; a change of its service was told when it came."""
    case = Case(exposure=exposure, ground=ground, at=at, host_tags=tags.get(exposure.asset, ()))
    return frozenset(call.alert.type for call in of_exposure(case) if not call.waiting)


def _differences(change: Literal["added", "removed"], alerts: Iterable[Alert]) -> Iterator[Difference]:
    for alert in alerts:
        yield Difference(
            change=change,
            type=alert.type,
            severity=alert.severity,
            asset=alert.asset,
            protocol=alert.protocol,
            port=alert.port,
            scan=alert.why.scan,
            why=alert.why.text,
        )
