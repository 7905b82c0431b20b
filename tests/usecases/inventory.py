"""A network's inventory in memory, and chunks whose results are written as the worker writes them."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from functions.adapters.results import Results
from functions.core.chunk import ChunkCounts, ChunkStatus
from functions.core.coverage import Answer, Method
from functions.core.errors import AlreadyExists
from functions.core.exposure import Exposure
from functions.core.host import Host
from functions.core.messages import (
    AddressRange,
    ChunkSpec,
    CoverageLine,
    HostLine,
    ObservationLine,
    PinnedHost,
    ResultHeader,
)
from functions.core.model import Protocol
from functions.core.profile import PROFILES
from functions.core.service import Service
from functions.store import keys
from functions.store.attributes import Item, to_item
from functions.store.authorities import Authorities, Exclusions
from functions.store.conditions import EXISTS, Condition
from functions.store.coverage_maps import CoverageMaps
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.ledger import Ledger, Outcome
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.store.table import Table
from functions.usecases.bounds import Bounds
from functions.usecases.ingest_chunk import IngestChunk
from scanner_image.result import write
from tests.core.authorities import everywhere
from tests.store.endpoint import dynamodb, new_table
from tests.store.examples import PROJECT, after, chunk, identifier, network, scan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Line = HostLine | ObservationLine | CoverageLine
Storage = tuple["CountingTable", Results]
SSH = Service(name="ssh", product="OpenSSH", version="9.2p1", confidence=10)
BUCKET = "results"
LONG_AFTER = after(1_000_000)
WHOLE = "10.0.0.0 10.0.0.255"
_NAMES = count()


class CountingTable(Table):
    """Counts what is put, by family of keys."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        super().__init__(client, name)
        self.puts: list[str] = []
        self.fail_at = ""
        """A family whose next put fails, as in a crash."""

    def put(self, item: Item, condition: Condition | None = None) -> None:
        family = str(item["pk"])[:3]
        if family == self.fail_at:
            self.fail_at = ""
            raise InterruptedError(family)
        super().put(item, condition)
        self.puts.append(family)


def opened(
    asset: str, port: int, at: float, *, service: Service = SSH, address: str = "", **fields: Any
) -> ObservationLine:
    plain = {"how": Method.SYN, "protocol": Protocol.TCP, "at": after(at), "service": service}
    return ObservationLine.model_validate(
        {**plain, "asset": asset, "address": address or asset, "port": port, **fields}
    )


def told(
    assets: str, ports: str, answer: Answer, at: float, *, how: Method = Method.SYN, hosts: tuple[str, ...] = ()
) -> CoverageLine:
    """`assets`: an address, or the first and the last of a range with a space between; empty for none."""
    ends = assets.split()
    addresses = (AddressRange(first=ends[0], last=ends[-1]),) if ends else ()
    return CoverageLine(
        addresses=addresses, hosts=hosts, protocol=Protocol.TCP, ports=ports, answer=answer, how=how, at=after(at)
    )


def one_open(at: float, *, service: Service = SSH) -> tuple[Line, ...]:
    """10.0.0.1:22 is open, the rest of the /24 is not."""
    return (
        told("10.0.0.1", "22", Answer.OPEN, at),
        told("10.0.0.1", "1-21,23-1000", Answer.NOT_OPEN, at),
        told("10.0.0.0", "1-1000", Answer.NOT_OPEN, at),
        told("10.0.0.2 10.0.0.255", "1-1000", Answer.NOT_OPEN, at),
        opened("10.0.0.1", 22, at, service=service),
    )


def up(asset: str, at: float, **fields: Any) -> HostLine:
    plain = {"address": asset, "up": True, "at": after(at)}
    return HostLine.model_validate({**plain, "asset": asset, **fields})


@dataclass
class Inventory:
    """Everything of one new network; scans follow one another."""

    table: CountingTable
    results: Results
    name: str
    targets: tuple[str, ...] = ("10.0.0.0/24",)
    exclusions: tuple[str, ...] = ()
    admit_loopback: bool = False
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.network = identifier(self.name)
        self.networks = Networks(self.table)
        self.networks.create(network(self.name, targets=self.targets, exclusions=self.exclusions))
        self.scans, self.ledger = Scans(self.table), Ledger(self.table)
        self.exposures, self.hosts, self.coverage = Exposures(self.table), Hosts(self.table), CoverageMaps(self.table)
        self.bounds = Bounds(
            authorities=Authorities(self.table),
            exclusions=Exclusions(self.table),
            admit_loopback=self.admit_loopback,
        )
        with suppress(AlreadyExists):
            self.bounds.authorities.create(everywhere(PROJECT))
        self.ingest = IngestChunk(
            ledger=self.ledger,
            scans=self.scans,
            networks=self.networks,
            exposures=self.exposures,
            hosts=self.hosts,
            coverage=self.coverage,
            results=self.results,
            bounds=self.bounds,
        )

    def begin(self, at: float = 0, *, misses_to_close: int = 2) -> str:
        """A scan of the network; its id. Put without the transaction of a start, which is slow in memory and not ours."""
        begun = scan(f"{self.name} {next(self._numbers)}", network=self.network, at=after(at))
        snapshot = begun.snapshot.model_copy(update={"misses_to_close": misses_to_close})
        begun = begun.model_copy(update={"snapshot": snapshot})
        self.table.put(to_item(begun, keys.scans(PROJECT), begun.id))
        return begun.id

    def save(
        self,
        of: str,
        lines: Iterable[Line],
        *,
        number: int = 0,
        assets: str = "10.0.0.0 10.0.0.255",
        ports: str = "1-1000",
        hosts: tuple[PinnedHost, ...] = (),
        claimed: float = 0,
        outcome: Outcome = "complete",
        header: ResultHeader | None = None,
        mangle: bytes | None = None,
    ) -> str:
        """A chunk of the scan `of` whose worker has saved `lines`; its name."""
        ends = assets.split()
        spec = ChunkSpec(
            project=PROJECT,
            network=self.network,
            scan=of,
            chunk=f"{number:05}",
            addresses=(AddressRange(first=ends[0], last=ends[-1]),) if ends else (),
            hosts=hosts,
            protocol=Protocol.TCP,
            ports=ports,
            profile=PROFILES["standard"],
            rate=100,
            deadline_s=300,
            lease_s=400,
        )
        self.results.put_spec(spec)
        self.table.put(to_item(chunk(number, scan=of), keys.chunks(PROJECT, of), spec.chunk))
        attempt = self.ledger.claim(PROJECT, of, spec.chunk, run=1, now=after(claimed), lease_s=100_000)
        header = header or ResultHeader(
            project=PROJECT,
            scan=of,
            chunk=spec.chunk,
            attempt=attempt.attempt,
            started=after(claimed),
            mode="raw",
            tools={},
        )
        with tempfile.NamedTemporaryFile() as file:
            path = Path(file.name)
            write(path, header=header, lines=lines, outcome=outcome, reason="", commands=(), ended=after(claimed))
            if mangle is not None:
                path.write_bytes(mangle)
            key = self.results.put_result(path, project=PROJECT, scan=of, chunk=spec.chunk, attempt=attempt.attempt)
        self.ledger.save(attempt, result_key=key, outcome=outcome)
        return spec.chunk

    def take_in(self, of: str, name: str = "00000", *, now: datetime = LONG_AFTER) -> ChunkCounts:
        """Ingest, and what it came to."""
        self.table.puts.clear()
        return self.ingest(project=PROJECT, scan=of, chunk=name, now=now)

    def take_in_again(self, of: str, name: str) -> ChunkCounts:
        """Ingest once more, as after a crash before it was recorded that the chunk is ingested."""
        self.table.update(keys.chunks(PROJECT, of), name, {"status": ChunkStatus.SAVED}, EXISTS)
        return self.take_in(of, name)

    def scanned(self, at: float, *lines: Line, misses_to_close: int = 2, **chunk_fields: Any) -> ChunkCounts:
        """A scan of one chunk at `at`, ingested."""
        of = self.begin(at, misses_to_close=misses_to_close)
        return self.take_in(of, self.save(of, lines, claimed=at, **chunk_fields))

    def known(self) -> tuple[Exposure, ...]:
        return self.exposures.list(PROJECT, self.network, limit=1000).items

    def known_hosts(self) -> tuple[Host, ...]:
        return self.hosts.list(PROJECT, self.network, limit=1000).items

    def exposure(self, asset: str, port: int) -> Exposure:
        return self.exposures.get(PROJECT, self.network, asset, Protocol.TCP, port)


def new_inventory(kept: Storage, **fields: Any) -> Inventory:
    return Inventory(*kept, name=f"network {next(_NAMES)}", **fields)


@contextmanager
def storage() -> Iterator[Storage]:
    with dynamodb() as client, new_table(client) as table:
        s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        s3.create_bucket(Bucket=BUCKET)
        yield CountingTable(client, table.name), Results(s3, BUCKET)
