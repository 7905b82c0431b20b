"""`make bench-scale`: the plan of a /8 beside that of a /12, and two scans of OBSERVATIONS open ports compared page by page, beside a tenth.

Each reading is a process of its own; seconds are those of the processor, the memory is the most that it ever had. Objects are
files. The table keeps what is read again: of a plan's chunks only how many were put. A chunk of the scans that are compared has
HOSTS_A_CHUNK hosts, ten ports open on each; of every hundred ports one is opened, closed or another version in the later scan.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from functions.adapters.resolver import Resolver
from functions.adapters.results import Results
from functions.core.addresses import to_ranges
from functions.core.chunk import ChunkStatus
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, CoverageLine, HostLine, ObservationLine, ResultHeader
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.outline import Outline
from functions.core.ports import PortSet
from functions.core.profile import PROFILES
from functions.core.scan import ScanCounts, ScanStatus
from functions.core.scan_diff import DiffCounts, Verdict
from functions.core.service import Service
from functions.store import keys
from functions.store.attributes import to_item
from functions.store.authorities import Authorities, Exclusions
from functions.store.counters import Counters
from functions.store.exposures import Exposures
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.scans import Scans
from functions.store.writes import Put, Write
from functions.usecases.bounds import Bounds
from functions.usecases.diff_scans import DiffScans
from functions.usecases.plan_scan import Limits, PlanScan
from functions.usecases.start_scan import snapshot_of
from scanner_image.result import Body, write
from tests.authorities import lean
from tests.bench.ingest import FIRST, PORTS, SERVICES, Folder, open_on
from tests.bench.memory_table import MemoryTable
from tests.bench.parse import in_its_own_process
from tests.bench.parsers import peak_mib
from tests.bench.simulated_aws import STAGE
from tests.bench.simulated_scan import means
from tests.core.authorities import everywhere
from tests.progress import say
from tests.store.examples import AT, NETWORK, PROJECT, after, chunk, identifier, network, scan

OBSERVATIONS = int(os.environ.get("OBSERVATIONS", "1000000"))
HOSTS_A_CHUNK = int(os.environ.get("HOSTS_A_CHUNK", "250"))
NETWORKS = ("10.0.0.0/12", "10.0.0.0/8")
RATE = 100_000
PAGE = 100
APART = 16
"""Addresses from one host to the next."""
NEWCOMER = 999
_ASKED = IntervalSet(((1, 1000),))
_TURN = 3 * PORTS
"""Of so many hosts one has closed a port, one has opened one, and one has another version on one."""

Json = dict[str, Any]


class Table(MemoryTable):
    """Of chunks that are put it keeps how many."""

    def __init__(self, *, chunks_of: str = "") -> None:
        super().__init__(access=lambda *_: None, sleep=lambda _: None)
        self.chunks = 0
        self._forgotten = chunks_of

    def transact(self, writes: Sequence[Write]) -> None:
        kept = [each for each in writes if not self._is_forgotten(each)]
        self.chunks += len(writes) - len(kept)
        super().transact(kept)

    def _is_forgotten(self, write: Write) -> bool:
        pk, sk = write.key
        return isinstance(write, Put) and pk == self._forgotten and sk.isdecimal()


def planned(cidr: str) -> Json:
    asked: Network = network(targets=(cidr,), ports="top-100", rate=RATE)
    wanted = scan(snapshot=snapshot_of(asked))
    table = Table(chunks_of=keys.chunks(PROJECT, wanted.id))
    table.put(to_item(asked, keys.networks(PROJECT), NETWORK))
    Authorities(table).create(everywhere(PROJECT))
    Scans(table).create_live(wanted)
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        bucket: Any = Folder(Path(folder))
        plan = PlanScan(
            scans=Scans(table), networks=Networks(table), projects=Projects(table), counters=Counters(table),
            exposures=Exposures(table), ledger=Ledger(table), results=Results(bucket, "bucket"), resolver=Resolver(),
            lean=lean(Bounds(authorities=Authorities(table), exclusions=Exclusions(table))),
            limits=Limits(means=means(STAGE.max_tasks), lease_s=STAGE.lease_s),
        )  # fmt: skip
        begun = time.process_time()
        plan(project=PROJECT, scan=wanted.id, run=1, now=AT)
        seconds = time.process_time() - begun
    found = Scans(table).get(PROJECT, wanted.id)
    addresses = _size(cidr)
    if found.status is not ScanStatus.RUNNING or found.counts.chunks != table.chunks:
        raise SystemExit(f"the scan is {found.status}, {table.chunks} chunks of {found.counts.chunks}: {found.reason}")
    if found.counts.cells != addresses * 100:
        raise SystemExit(f"{found.counts.cells} cells were planned of {addresses} addresses")
    return {
        "addresses": addresses, "chunks": table.chunks, "seconds": round(seconds, 1), "peak_mib": peak_mib(),
    }  # fmt: skip


def _size(cidr: str) -> int:
    return 1 << (32 - int(cidr.partition("/")[2]))


def services_on(host: int, *, later: bool) -> dict[int, Service]:
    """What is open on the host of this index."""
    found = {port: SERVICES[(host * 31 + port) % len(SERVICES)] for port in open_on(0)}
    turn, port = host % _TURN, open_on(0)[0]
    if later and turn == 0:
        del found[port]
    elif later and turn == PORTS:
        found[NEWCOMER] = SERVICES[0]
    elif later and turn == 2 * PORTS:
        found[port] = found[port].model_copy(update={"version": f"{found[port].version}.1"})
    return found


def numbers_of(part: int) -> IntervalSet:
    """The addresses of a chunk."""
    size = HOSTS_A_CHUNK * APART
    return IntervalSet(((FIRST + part * size, FIRST + (part + 1) * size - 1),))


def lines(part: int, *, later: bool) -> Iterator[Body]:
    at = after(1002 if later else 2)
    alike: dict[tuple[int, ...], list[int]] = {}
    for host in range(part * HOSTS_A_CHUNK, (part + 1) * HOSTS_A_CHUNK):
        number, services = FIRST + host * APART, services_on(host, later=later)
        address = str(IPv4Address(number))
        alike.setdefault(tuple(services), []).append(number)
        yield HostLine(asset=address, address=address, up=True, reason="syn-ack", at=at)
        for port, service in services.items():
            yield ObservationLine(
                asset=address, address=address, protocol=Protocol.TCP, port=port, how=Method.SYN, service=service, at=at
            )
    silent = numbers_of(part)
    for ports, hosts in alike.items():
        numbers = IntervalSet.of(hosts)
        opens = IntervalSet.of(ports)
        yield _covered(numbers, opens, Answer.OPEN, at)
        yield _covered(numbers, _ASKED - opens, Answer.NOT_OPEN, at)
        silent -= numbers
    yield _covered(silent, _ASKED, Answer.NOT_OPEN, at)


def _covered(numbers: IntervalSet, ports: IntervalSet, answer: Answer, at: datetime) -> CoverageLine:
    return CoverageLine(
        addresses=to_ranges(numbers, 4), protocol=Protocol.TCP, ports=PortSet(ports).canonical(),
        answer=answer, how=Method.SYN, at=at,
    )  # fmt: skip


def scanned(table: Table, results: Results, folder: Path, parts: int, *, later: bool) -> str:
    """A completed scan whose results lie in the bucket."""
    of = identifier("later" if later else "earlier")
    path, outlines = folder / "result.jsonl.gz", []
    for part in range(parts):
        spec = ChunkSpec(
            project=PROJECT, network=NETWORK, scan=of, chunk=f"{part:05}", protocol=Protocol.TCP, ports="1-1000",
            addresses=to_ranges(numbers_of(part), 4), profile=PROFILES["standard"], rate=100, deadline_s=300,
            lease_s=400,
        )  # fmt: skip
        results.put_spec(spec)
        outlines.append(Outline.of(spec))
        header = ResultHeader(project=PROJECT, scan=of, chunk=spec.chunk, attempt=1, started=AT, mode="raw", tools={})
        told = lines(part, later=later)
        write(path, header=header, lines=told, outcome="complete", reason="", commands=(), ended=after(2000))
        key = results.put_result(path, project=PROJECT, scan=of, chunk=spec.chunk, attempt=1)
        saved = chunk(part, scan=of, status=ChunkStatus.INGESTED, attempt=1, result_key=key, outcome="complete")
        table.put(to_item(saved, keys.chunks(PROJECT, of), spec.chunk))
    results.put_outlines(PROJECT, of, outlines)
    ended = scan(id=of, status=ScanStatus.COMPLETED, counts=ScanCounts(chunks=parts), ended=after(2000))
    table.put(to_item(ended, keys.scans(PROJECT), of))
    return of


def compared(observations: int) -> Json:
    hosts, uneven = divmod(observations, PORTS)
    parts, rest = divmod(hosts, HOSTS_A_CHUNK)
    if uneven or rest:
        raise SystemExit(f"{observations} are no whole chunks of {HOSTS_A_CHUNK} hosts with {PORTS} ports each")
    table = Table()
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as name:
        bucket: Any = Folder(Path(name))
        results = Results(bucket, "bucket")
        earlier, later = (scanned(table, results, Path(name), parts, later=each) for each in (False, True))
        say(f"two scans of {parts} chunks are written: {peak_mib()} MiB")
        diff = DiffScans(scans=Scans(table), ledger=Ledger(table), results=results, exposures=Exposures(table))
        counts, shown, took = DiffCounts(), Counter[Verdict](), list[float]()
        cursor = ""
        while cursor or not took:
            begun = time.process_time()
            page = diff(project=PROJECT, scan=later, against=earlier, limit=PAGE, cursor=cursor)
            took.append(time.process_time() - begun)
            counts += page.counts
            shown.update(each.verdict for each in page.items)
            cursor = page.next_cursor
    closed, opened, changed = (len(range(turn, hosts, _TURN)) for turn in (0, PORTS, 2 * PORTS))
    wanted = DiffCounts(
        opened=opened, closed=closed, changed=changed, unchanged=observations - closed - changed,
        cells_compared=hosts * APART * _ASKED.count,
    )  # fmt: skip
    if counts != wanted or shown != {Verdict.OPENED: opened, Verdict.CLOSED: closed, Verdict.CHANGED: changed}:
        raise SystemExit(f"{counts} and {shown} were told, where it is {wanted}")
    return {
        "observations": observations, "chunks": parts, "pages": len(took), "seconds": round(sum(took), 1),
        "longest_page_s": round(max(took), 2), "peak_mib": peak_mib(),
        "opened": counts.opened, "closed": counts.closed, "changed": counts.changed,
    }  # fmt: skip


def measured(what: str, size: object) -> Json:
    told = in_its_own_process("tests.bench.scale", what, str(size))
    say(f"{what} {json.dumps(told)}")
    return told


def main() -> None:
    plans = [measured("plan", each) for each in NETWORKS]
    diffs = [measured("diff", each) for each in (OBSERVATIONS // 10, OBSERVATIONS)]
    sys.stdout.write(json.dumps({"plan": plans, "diff": diffs}) + "\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["plan", cidr]:
            sys.stdout.write(json.dumps(planned(cidr)) + "\n")
        case ["diff", observations]:
            sys.stdout.write(json.dumps(compared(int(observations))) + "\n")
        case _:
            main()
