"""`make bench-estate`: what it costs to take in a scan of a large network again: unchanged, with 1 % changed, with all changed.

One network of EXPOSURES open ports, ten on each host, on the deployed embedded stack; result documents go through the
deployed functions as in a scan. Items and units are counted on the way to DynamoDB (see meter), Lambda's seconds are those
of its own reports on this machine, at the memory and for the architecture of the AWS stages. The peer beside it writes every
open port that it sees, each scan.
"""

import json
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from functions.adapters.results import Results
from functions.core.addresses import to_ranges
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, CoverageLine, ObservationLine, ResultHeader
from functions.core.ports import PortSet
from functions.core.prices import price_list
from functions.core.scan import Cause, Scan
from functions.core.service import Service
from functions.store.coverage_maps import CoverageMaps
from functions.usecases.start_scan import StartScan
from infra.local.stack import agent_daemon
from scanner_image.result import Body, write
from tests.bench import seed
from tests.bench.meter import Count, Meter
from tests.e2e.conftest import free_port
from tests.e2e.platform import Json, Platform, deployed
from tests.platform_in_memory import FakeWorkflow
from tests.progress import say
from tests.scenario.rehearsal import QUEUES, Stand, standing

EXPOSURES = int(os.environ.get("EXPOSURES", "200000"))
RATES = price_list().of("us-east-1")
PLAYED = ("PlanChunks", "IngestChunk", "FinishScan", "Evaluate", "Publish", "Review")
NEWCOMER = 1000
"""The port that some hosts open when 1 % changes."""
PATIENCE_S = 4 * 3600.0
WARM_UP = 1000
"""Exposures of the network that is scanned first, for functions to be warm."""

Answers = Callable[[int], dict[int, Service]]
"""What is open on the host of this index."""


def as_before(_index: int) -> dict[int, Service]:
    return seed.SERVICES


def one_percent(index: int) -> dict[int, Service]:
    """Of every twenty hosts one has closed a port, and one has opened one: two of two hundred ports."""
    if index % 20 == 0:
        return {port: service for port, service in seed.SERVICES.items() if port != seed.OPEN[-1]}
    return {**seed.SERVICES, NEWCOMER: Service(name="http", confidence=10)} if index % 20 == 1 else seed.SERVICES


def all_changed(index: int) -> dict[int, Service]:
    """Every service tells another version."""
    return {port: service.model_copy(update={"version": "2.0"}) for port, service in one_percent(index).items()}


CASES: dict[str, Answers] = {"unchanged": as_before, "1 % changed": one_percent, "all changed": all_changed}
CHOSEN = os.environ.get("CASES", ",".join(CASES)).split(",")


@dataclass
class Bench:
    platform: Platform
    stand: Stand
    meter: Meter
    estate: seed.Estate

    def run(self, name: str, answers: Answers) -> Json:
        scan = self._start()
        self.meter.start()
        since, seconds = time.time(), -time.monotonic()
        self.stand.call("PlanChunks", _ids(scan))
        seconds += time.monotonic()
        observed = sum(self._document(scan, chunk.chunk, answers) for chunk in self._chunks(scan))
        time.sleep(1.0)
        seconds -= time.monotonic()
        for chunk in self._chunks(scan):
            self.stand.call("IngestChunk", {**_ids(scan), "chunk": chunk.chunk})
        ended = self.stand.call("FinishScan", _ids(scan))
        ingested = seconds + time.monotonic()
        self.stand.settle(*QUEUES)
        seconds += time.monotonic()
        count, used = self.meter.count, self._lambda_use(since)
        say(f"{name}: {ended['status']}, {ingested:.0f} s to the end of the scan; written {dict(count.written)}")
        say(f"  Lambda seconds { ({row: round(each[0], 1) for row, each in used.items()}) }")
        peer = observed * (RATES.dynamodb_write_unit)
        say(
            f"  write units {count.write_units:.0f}, read units {count.read_units:.0f}; the peer's writes {peer:.4f} USD"
        )
        return {
            "name": name,
            "exposures": self.estate.exposures,
            "items_written": count.items_written,
            "read_units": round(count.read_units),
            "write_units": round(count.write_units),
            "lambda_s": round(sum(each[0] for each in used.values()), 1),
            "wall_s": round(seconds, 1),
            "aws_usd": round(cost(count, used), 4),
            "peer_items_written": observed,
        }

    def _start(self) -> Scan:
        backend, now = self.stand.backend, datetime.now(UTC)
        start = StartScan(
            networks=backend.networks,
            scans=backend.scans,
            halts=backend.halts,
            workflow=FakeWorkflow(),
            bounds=backend.bounds,
        )
        return start(
            project=self.estate.project,
            network=self.estate.network,
            cause=Cause(kind="schedule", principal="schedule", key=now.isoformat()),
            cause_time=now,
            now=now,
        )

    def _chunks(self, scan: Scan) -> Any:
        return self.stand.backend.ledger.list(scan.project, scan.id)

    def _document(self, scan: Scan, chunk: str, answers: Answers) -> int:
        """Play the worker of a chunk; how many open ports it saw."""
        backend, now = self.stand.backend, datetime.now(UTC)
        spec = backend.results.get_spec(scan.project, scan.id, chunk)
        claimed = backend.ledger.claim(scan.project, scan.id, chunk, run=1, now=now, lease_s=6 * 3600)
        header = ResultHeader(
            project=scan.project,
            scan=scan.id,
            chunk=chunk,
            attempt=claimed.attempt,
            started=now,
            mode="raw",
            tools={},
        )
        with tempfile.NamedTemporaryFile() as file:
            path = Path(file.name)
            lines = document(spec, answers, at=now + timedelta(milliseconds=1))
            trailer = write(
                path, header=header, lines=lines, outcome="complete", reason="", commands=(), ended=datetime.now(UTC)
            )
            key = _put(backend.results, path, scan, chunk, claimed.attempt)
        backend.ledger.save(claimed, result_key=key, outcome="complete")
        return trailer.observations

    def _lambda_use(self, since: float) -> dict[str, tuple[float, int, float]]:
        """Seconds, calls and GB-seconds of each function, by its own reports."""
        used = {}
        for row in PLAYED:
            found = re.findall(r"\tDuration: ([0-9.]+) ms", self.stand.operator.logged(row, since=since))
            seconds = sum(float(each) for each in found) / 1000
            memory = self.stand.operator.functions[row]["MemorySize"]
            used[row] = (seconds, len(found), seconds * memory / 1024)
        return used


def document(spec: ChunkSpec, answers: Answers, *, at: datetime) -> Iterator[Body]:
    """Hosts with the same open ports are told of together."""
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number in _numbers(spec):
        services = answers(number - seed.FIRST)
        alike[tuple(sorted(services))].append(number)
        address = str(IPv4Address(number))
        for port, service in services.items():
            yield ObservationLine(
                asset=address,
                address=address,
                protocol=spec.protocol,
                port=port,
                how=Method.SYN,
                service=service,
                at=at,
            )
    every = PortSet.from_canonical(spec.ports).numbers
    known = PortSet.of(seed.OPEN).numbers
    for open_ports, numbers in alike.items():
        there = PortSet.of(open_ports).numbers
        told = {Answer.OPEN: there, Answer.REFUSED: known - there, Answer.NOT_OPEN: every - there - known}
        addresses = to_ranges(IntervalSet.of(numbers), 4)
        for answer, ports in told.items():
            if ports:
                yield CoverageLine(
                    addresses=addresses,
                    protocol=spec.protocol,
                    ports=PortSet(ports).canonical(),
                    answer=answer,
                    how=Method.CONNECT if answer is Answer.REFUSED else Method.SYN,
                    at=at,
                )


def cost(count: Count, used: dict[str, tuple[float, int, float]]) -> float:
    """USD on AWS for what was counted."""
    units = count.write_units * RATES.dynamodb_write_unit + count.read_units * RATES.dynamodb_read_unit
    calls = sum(each[1] for each in used.values()) * RATES.lambda_request
    return float(units + calls + sum(each[2] for each in used.values()) * RATES.lambda_gb_second["arm64"])


def metered(stand: Stand, meter: Meter, *rows: str) -> None:
    """From now on these functions reach DynamoDB through the meter."""
    functions = stand.operator.aws("lambda")
    for row in rows:
        function = stand.operator.functions[row]
        variables = {**function["Environment"]["Variables"], "AWS_ENDPOINT_URL_DYNAMODB": meter.url}
        functions.update_function_configuration(
            FunctionName=function["FunctionName"], Environment={"Variables": variables}
        )


def quiet(stand: Stand) -> None:
    """Nothing happens by the clock."""
    agent_daemon(stand.platform.paths).stop(patience=30)
    events = stand.operator.aws("events")
    for rule in events.list_rules()["Rules"]:
        if "ScheduleExpression" in rule:
            events.disable_rule(Name=rule["Name"])


def planted(platform: Platform, stand: Stand, exposures: int) -> seed.Estate:
    """A network of its own with so many exposures, as an earlier scan left it."""
    project = platform.project(f"{exposures} exposures")
    whole = seed.Estate(project.id, "", exposures, datetime.now(UTC) - timedelta(days=1))
    network = project.network(targets=[whole.targets], ports=seed.PORTS, rate=1_000_000, alerts={"confirm": []})
    estate = seed.Estate(project.id, network["id"], exposures, whole.at)
    table = stand.backend.table
    with seed.unheard(stand.operator, "Evaluate", "Publish"):
        written = seed.write(table, estate.items())
        estate.cover(CoverageMaps(table))
    say(f"planted {exposures} exposures: {written} items")
    return estate


def _numbers(spec: ChunkSpec) -> Iterator[int]:
    for each in spec.addresses:
        yield from range(int(IPv4Address(each.first)), int(IPv4Address(each.last)) + 1)


def _put(results: Results, path: Path, scan: Scan, chunk: str, attempt: int) -> str:
    return results.put_result(path, project=scan.project, scan=scan.id, chunk=chunk, attempt=attempt)


def _ids(scan: Scan) -> Json:
    return {"project": scan.project, "scan": scan.id, "run": scan.run}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, deployed(Path(directory), port=free_port(), tell=say) as platform:
        stand = standing(platform, patience_s=PATIENCE_S)
        quiet(stand)
        with Meter(platform.running.endpoints.endpoint_url, ignored=stand.fence.project).running() as meter:
            metered(stand, meter, *PLAYED)
            small = Bench(platform, stand, meter, planted(platform, stand, WARM_UP))
            small.run("not counted: every function starts cold", as_before)
            bench = Bench(platform, stand, meter, planted(platform, stand, EXPOSURES))
            cases = [bench.run(name, CASES[name]) for name in CHOSEN]
    sys.stdout.write(json.dumps({"prices": price_list().date, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
