"""Plays the workers of a scan: claims its chunks, writes what the world answers as the result documents of real workers, saves them."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from functions.adapters.results import Results
from functions.core.chunk import Chunk
from functions.core.coverage import Answer, Method
from functions.core.messages import AddressRange, ChunkSpec, CoverageLine, HostLine, ObservationLine, ResultHeader
from functions.core.ports import PortSet
from functions.core.scan import Scan
from functions.store.ledger import Ledger
from scanner_image.result import Body, Outcome, write
from tests.scenario.world import World, WorldHost

SEEN_AFTER = timedelta(minutes=4)
"""From the claim to what is seen."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """`lost`: hosts whose cells this night's attempts do not get to."""

    ledger: Ledger
    results: Results
    world: World
    lost: frozenset[str] = frozenset()

    def scan(self, scan: Scan, *, at: datetime) -> list[str]:
        """Work off every waiting chunk; the names of those that were saved."""
        return [self.work(scan, chunk, at=at).chunk for chunk in self.ledger.list(scan.project, scan.id)]

    def work(self, scan: Scan, chunk: Chunk, *, at: datetime) -> Chunk:
        spec = self.results.get_spec(scan.project, scan.id, chunk.chunk)
        claimed = self.ledger.claim(scan.project, scan.id, chunk.chunk, run=scan.run, now=at, lease_s=spec.lease_s)
        outcome: Outcome = "partial" if self.lost else "complete"
        lines = list(self.document(spec, at=at + SEEN_AFTER, every=scan.kind == "confirm"))
        header = ResultHeader(
            project=scan.project,
            scan=scan.id,
            chunk=chunk.chunk,
            attempt=claimed.attempt,
            started=at,
            mode="raw",
            tools={"masscan": "1.3.2", "nmap": "7.93"},
        )
        with tempfile.NamedTemporaryFile() as file:
            path = Path(file.name)
            write(path, header=header, lines=lines, outcome=outcome, reason="", commands=(), ended=at + SEEN_AFTER)
            key = self.results.put_result(
                path, project=scan.project, scan=scan.id, chunk=chunk.chunk, attempt=claimed.attempt
            )
        return self.ledger.save(claimed, result_key=key, outcome=outcome)

    def document(self, spec: ChunkSpec, *, at: datetime, every: bool) -> Iterator[Body]:
        """Discovery sees what is open; of all else only the exposures known before are looked at, one by one.

        `every`: a second look, which asks each of its cells.
        """
        ports = [*PortSet.from_canonical(spec.ports).numbers]
        known = {(each.asset, each.port) for each in spec.known}
        known |= {(asset, port) for asset in _assets(spec) for port in ports if every}
        for asset in _assets(spec):
            host = self.world.at(asset)
            if host is None or host.name in self.lost:
                answer = Answer.NOT_COVERED if host else Answer.NOT_OPEN
                yield _told(spec, asset, ports, answer, at, reason="masscan was killed" if host else "")
                continue
            if host.up:
                yield HostLine(asset=asset, address=asset, up=True, reason="echo-reply", at=at)
            yield from self._cells(spec, host, ports, known, at)

    def _cells(
        self, spec: ChunkSpec, host: WorldHost, ports: list[int], known: set[tuple[str, int]], at: datetime
    ) -> Iterator[Body]:
        answers: dict[Answer, list[int]] = defaultdict(list)
        for port in ports:
            answer = host.answer(port)
            looked_at = answer is Answer.OPEN or (host.address, port) in known
            answers[answer if looked_at else Answer.NOT_OPEN].append(port)
        for port in answers[Answer.OPEN]:
            yield ObservationLine(
                asset=host.address,
                address=host.address,
                protocol=spec.protocol,
                port=port,
                how=Method.SYN,
                service=host.service(port),
                at=at,
            )
        for answer, some in answers.items():
            if some:
                yield _told(spec, host.address, some, answer, at)


def _told(
    spec: ChunkSpec, asset: str, ports: list[int], answer: Answer, at: datetime, *, reason: str = ""
) -> CoverageLine:
    how = {Answer.NOT_COVERED: Method.NONE, Answer.OPEN: Method.SYN, Answer.NOT_OPEN: Method.SYN}
    return CoverageLine(
        addresses=(AddressRange(first=asset, last=asset),),
        protocol=spec.protocol,
        ports=PortSet.of(ports).canonical(),
        answer=answer,
        how=how.get(answer, Method.CONNECT),
        at=at,
        reason=reason,
    )


def _assets(spec: ChunkSpec) -> Iterator[str]:
    for each in spec.addresses:
        first, last = ip_address(each.first), ip_address(each.last)
        yield from (str(type(first)(number)) for number in range(int(first), int(last) + 1))
