"""One result document of any number of observations, written as the worker writes it and ingested: prints the most memory that each took.

python -m tests.bench.ingest OBSERVATIONS

The table keeps the scan, and of the inventory only how much was written; the bucket is a folder on disk. Hosts come in the
order in which a random scan finds them, ten open ports each.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO, Any

from functions.adapters.results import Results
from functions.core.addresses import to_ranges
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, CoverageLine, HostLine, ObservationLine, ResultHeader
from functions.core.model import Protocol
from functions.core.ports import PortSet
from functions.core.profile import PROFILES
from functions.core.service import Service
from functions.store import keys
from functions.store.attributes import Item, encode_item, to_item
from functions.store.authorities import Authorities, Exclusions
from functions.store.coverage_maps import CoverageMaps
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.store.table import Slice, Table
from functions.store.writes import Range
from functions.usecases.bounds import Bounds
from functions.usecases.ingest_chunk import IngestChunk
from scanner_image.result import Body, write
from tests.bench.parsers import peak_mib
from tests.core.authorities import everywhere
from tests.store.examples import NETWORK, PROJECT, SCAN, after, chunk, network, scan

FIRST = int(IPv4Address("10.0.0.0"))
PORTS = 10
"""Open on each host."""
_ALIKE = 4096
"""So many hosts in a row have the same ports open."""
_ASKED = IntervalSet(((1, 1000),))
_STRIDE = 7919
SERVICES = tuple(
    Service(name="http", product=product, version=f"{major}.{minor}", cpe=(f"cpe:/a:{product}:{major}",), confidence=10)
    for product in ("nginx", "Apache httpd", "Jetty")
    for major in range(4)
    for minor in range(5)
)


class ForgetfulTable(Table):
    """Of exposures, hosts and coverage it keeps only how many were put: reads find none, as in a network's first scan."""

    def __init__(self) -> None:
        self.name = "forgetful"
        self.put_by_family: Counter[str] = Counter()
        self._kept: dict[tuple[str, str], Item] = {}

    def find(self, pk: str, sk: str) -> Item | None:
        return self._kept.get((pk, sk))

    def put(self, item: Item, condition: object = None) -> None:
        encode_item(item)
        pk = str(item[keys.PK])
        family = pk.partition("#")[0]
        self.put_by_family[family] += 1
        if family not in _FORGOTTEN:
            self._kept[pk, str(item[keys.SK])] = item

    def update(self, pk: str, sk: str, values: Mapping[str, Any], condition: object, **_: object) -> Item:
        self._kept[pk, sk] = {**self._kept[pk, sk], **values}
        return self._kept[pk, sk]

    def all(self, span: Range) -> Iterator[Item]:
        return (item for (pk, _), item in sorted(self._kept.items()) if pk == span.pk)

    def query(self, span: Range, *, limit: int) -> Slice:
        return Slice(list(self.all(span))[:limit], more=False)


_FORGOTTEN = frozenset(
    pk.partition("#")[0] for pk in (keys.exposures("p", "n", 0), keys.hosts("p", "n", 0), keys.coverage("p", "n", 0))
)


class Folder:
    """S3 as a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put_object(self, *, Key: str, Body: bytes | IO[bytes], **_: object) -> None:  # noqa: N803 - the service's own names
        self._of(Key).write_bytes(Body) if isinstance(Body, bytes) else self._copy(Key, Body)

    def get_object(self, *, Key: str, **_: object) -> dict[str, IO[bytes]]:  # noqa: N803
        return {"Body": self._of(Key).open("rb")}

    def _copy(self, key: str, body: IO[bytes]) -> None:
        with self._of(key).open("wb") as file:
            while data := body.read(1 << 16):
                file.write(data)

    def _of(self, key: str) -> Path:
        return self._path / key.replace("/", "_")


def open_on(host: int) -> range:
    first = 20 + host // _ALIKE % 3
    return range(first, first + PORTS * 7, 7)


def lines(hosts: int) -> Iterator[Body]:
    scattered = [host * _STRIDE % hosts for host in range(hosts)]
    for host in scattered:
        address = str(IPv4Address(FIRST + host))
        yield HostLine(
            asset=address, address=address, up=True, reason="syn-ack", names=(f"h{host}.example",), at=after(2)
        )
        for port in open_on(host):
            service = SERVICES[(host * 31 + port) % len(SERVICES)]
            yield ObservationLine(
                asset=address, address=address, protocol=Protocol.TCP, port=port, how=Method.SYN, service=service,
                scripts={"http-title": f"host {host}"}, at=after(2),
            )  # fmt: skip
    for start in range(0, hosts, _ALIKE):
        numbers = IntervalSet(((FIRST + start, FIRST + min(start + _ALIKE, hosts) - 1),))
        opens = IntervalSet.of(open_on(start))
        for ports, answer in ((opens, Answer.OPEN), (_ASKED - opens, Answer.NOT_OPEN)):
            yield CoverageLine(
                addresses=to_ranges(numbers, 4), protocol=Protocol.TCP, ports=PortSet(ports).canonical(),
                answer=answer, how=Method.SYN, at=after(2),
            )  # fmt: skip


def saved(table: Table, results: Results, folder: Path, hosts: int) -> None:
    """A claimed chunk of a scan, and its worker's result."""
    spec = ChunkSpec(
        project=PROJECT, network=NETWORK, scan=SCAN, chunk="00000", protocol=Protocol.TCP, ports="1-1000",
        addresses=to_ranges(IntervalSet(((FIRST, FIRST + hosts - 1),)), 4),
        profile=PROFILES["standard"], rate=100, deadline_s=300, lease_s=400,
    )  # fmt: skip
    results.put_spec(spec)
    Networks(table).table.put(to_item(network(), keys.networks(PROJECT), NETWORK))
    table.put(to_item(scan(), keys.scans(PROJECT), SCAN))
    table.put(to_item(chunk(), keys.chunks(PROJECT, SCAN), spec.chunk))
    ledger = Ledger(table)
    attempt = ledger.claim(PROJECT, SCAN, spec.chunk, run=1, now=after(0), lease_s=100_000)
    header = ResultHeader(
        project=PROJECT, scan=SCAN, chunk=spec.chunk, attempt=attempt.attempt, started=after(0), mode="raw", tools={}
    )
    path = folder / "result.jsonl.gz"
    write(path, header=header, lines=lines(hosts), outcome="complete", reason="", commands=(), ended=after(3))
    key = results.put_result(path, project=PROJECT, scan=SCAN, chunk=spec.chunk, attempt=attempt.attempt)
    ledger.save(attempt, result_key=key, outcome="complete")


def main(observations: int) -> None:
    table = ForgetfulTable()
    Authorities(table).create(everywhere(PROJECT))
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as name:
        folder: Any = Folder(Path(name))
        results = Results(folder, "bucket")
        begun = time.process_time()
        saved(table, results, Path(name), observations // PORTS)
        written, write_peak = time.process_time(), peak_mib()
        ingest = IngestChunk(
            ledger=Ledger(table), scans=Scans(table), networks=Networks(table), exposures=Exposures(table),
            hosts=Hosts(table), coverage=CoverageMaps(table), results=results,
            bounds=Bounds(authorities=Authorities(table), exclusions=Exclusions(table)),
        )  # fmt: skip
        counts = ingest(project=PROJECT, scan=SCAN, chunk="00000", now=after(10))
    exposures = table.put_by_family[keys.exposures("p", "n", 0).partition("#")[0]]
    if not observations == exposures == counts.baseline == counts.open_ports:
        raise SystemExit(f"{exposures} exposures were written of {observations} observations: {counts}")
    told = {
        "observations": observations,
        "write_s": round(written - begun, 1),
        "ingest_s": round(time.process_time() - written, 1),
        "write_peak_mib": write_peak,
        "peak_mib": peak_mib(),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
