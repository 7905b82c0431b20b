"""`make bench-resume`: long chunks whose worker is killed at a random moment, and what the next attempt asks again, by the wire.

RUNS chunks of SECONDS at least, LANES side by side, each in a worker's place of its own; SEED chooses the moments, over all of
the time that such a chunk is expected to take.
"""

import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from statistics import median

from functions.core.messages import ChunkSpec, Command
from functions.core.pace import Work, scan_seconds
from functions.core.ports import PortSet
from scanner_image.masscan import SOURCE_PORTS
from scanner_image.rates import Rates
from tests.ended_early import unwind_when_told_to_end
from tests.lab.capture import await_quiet, await_start
from tests.lab.hosts import many
from tests.lab.lab import WORKERS, Lab
from tests.lab.namespaces import in_namespace
from tests.progress import say
from tests.scanner_image.cells_of import cells_of
from tests.scanner_image.fakes import Document, chunk_spec

RUNS = int(os.environ.get("RUNS", "30"))
LANES = int(os.environ.get("LANES", "8"))
SECONDS = int(os.environ.get("SECONDS", "300"))
SEED = int(os.environ.get("SEED", "1"))
HOSTS = int(os.environ.get("HOSTS", "14"))
RATE = int(os.environ.get("RATE", "600"))
_PATIENCE_S = 4 * SECONDS + 300
_TRIES, _EARLIER = 4, 0.95
"""To kill a worker before its chunk ends, each time at a share of what is known by then to be too long."""
_REPOSITORY = Path(__file__).parents[2]
_RECORD = struct.Struct("<IIII")
_GLOBAL_HEADER, _LINK_HEADER = 24, 14

Cell = tuple[int, int]


@dataclass(frozen=True)
class Probe:
    """A SYN at the wire."""

    at: float
    source_port: int
    cell: Cell

    @property
    def by_masscan(self) -> bool:
        return SOURCE_PORTS[0] <= self.source_port <= SOURCE_PORTS[1]


@dataclass(frozen=True)
class Run:
    killed_s: float
    seconds: float
    share: float
    missed: int
    false: int


class TooLate(Exception):
    """The chunk ended before its worker was to be killed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it ended after {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Lane:
    """A worker's place of a lab, for one run at a time."""

    lab: Lab
    worker: int

    def run(self, number: int, moment: float) -> Run:
        """`moment`: when the worker is killed, as a share of the chunk's length: the expected one, or the one that it proves to have."""
        length = expected_seconds(self.lab)
        for _ in range(_TRIES):
            try:
                return self._run(number, moment * length)
            except TooLate as late:
                say(f"run {number}: {late}, and not {length:.0f} s")
                length = late.seconds * _EARLIER
        raise SystemExit(f"run {number}: {_TRIES} chunks ended before their worker could be killed")

    def _run(self, number: int, after_s: float) -> Run:
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            place.chmod(0o711)
            spec = chunk(self.lab)
            (place / "spec.json").write_text(spec.model_dump_json())
            began = time.monotonic()
            with self._captured(place / "probes.pcap") as probes:
                killed = self._killed(place, after_s)
                restarted = time.time()
                self._attempt(place, earlier=1).wait(_PATIENCE_S)
            seconds = time.monotonic() - began
            document = Document(place / "2-result.jsonl.gz")
        twice = asked_again(probes, document.trailer.commands, restarted)
        truth = {cell for cell in open_cells(self.lab) if cell in cells_of(spec)}
        run = Run(
            killed_s=round(killed, 1),
            seconds=round(seconds, 1),
            share=round(len(twice) / len(cells_of(spec)), 5),
            missed=len(truth - document.open),
            false=len(document.open - truth),
        )
        say(f"run {number}: {run} {document.trailer.outcome} {document.trailer.reason}")
        if document.trailer.outcome != "complete" or seconds < SECONDS:
            raise SystemExit(f"run {number} was {document.trailer.outcome} after {seconds:.0f} s")
        return run

    def _killed(self, place: Path, after_s: float) -> float:
        started = time.monotonic()
        process = self._attempt(place, earlier=0)
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            return time.monotonic() - started
        raise TooLate(time.monotonic() - started)

    def _attempt(self, place: Path, *, earlier: int) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "tests.scanner_image.attempt", str(place / "spec.json"), str(place)]
        return subprocess.Popen(
            self.lab.in_worker(argv, worker=self.worker),
            cwd=_REPOSITORY,
            env={**os.environ, "TMPDIR": str(place), "EARLIER": str(earlier)},
            stderr=(place / f"{earlier + 1}.log").open("wb"),
        )

    @contextmanager
    def _captured(self, file: Path) -> Iterator[list[Probe]]:
        """Every SYN that enters the router from this worker; the list is filled at the end."""
        port = self.lab.workers[self.worker].router_port
        options = f"-i {port} -Q in -s 54 -B 16384 -n -U --immediate-mode -Z root -w {file}".split()
        command = ["tcpdump", *options, "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn"]
        process = subprocess.Popen(in_namespace(self.lab.router_namespace, command), stderr=subprocess.PIPE, text=True)
        probes: list[Probe] = []
        try:
            await_start(process)
            yield probes
            await_quiet(file)
        finally:
            process.terminate()
            _, told = process.communicate(timeout=10)
        if any("dropped by kernel" in line and int(line.split()[0]) for line in told.splitlines()):
            raise SystemExit(f"the wire was not heard whole: {told}")
        probes.extend(read(file.read_bytes()))


def read(data: bytes) -> Iterator[Probe]:
    offset = _GLOBAL_HEADER
    while offset + _RECORD.size <= len(data):
        seconds, micros, length, _ = _RECORD.unpack_from(data, offset)
        start = offset + _RECORD.size + _LINK_HEADER
        (destination,) = struct.unpack_from(">I", data, start + 16)
        source_port, port = struct.unpack_from(">HH", data, start + (data[start] & 15) * 4)
        yield Probe(seconds + micros / 1e6, source_port, (destination, port))
        offset += _RECORD.size + length


def asked_again(probes: Sequence[Probe], commands: Sequence[Command], restarted: float) -> set[Cell]:
    """The cells that got more than an undisturbed run asks: masscan's passes and looks as they stand in the result, and nmap once.

    Each look and pass stands there once, whoever ended it. Looks go to the same sample of cells.
    """
    looks, passes = set[int](), 0
    for command in commands:
        if command.argv[0].endswith("masscan"):
            if "--show" in command.argv:
                looks.add(int(command.argv[command.argv.index("--adapter-port") + 1]))
            else:
                passes += 1
    sample = {probe.cell for probe in probes if probe.source_port in looks}
    count = Counter(probe.cell for probe in probes if probe.by_masscan)
    more = {cell for cell, asked in count.items() if asked > passes + (len(looks) if cell in sample else 0)}
    by_nmap = [probe for probe in probes if not probe.by_masscan]
    before = {probe.cell for probe in by_nmap if probe.at < restarted}
    return more | (before & {probe.cell for probe in by_nmap if probe.at >= restarted})


def chunk(lab: Lab) -> ChunkSpec:
    """Of so many ports that to ask each cell once takes SECONDS, and its sample comes besides."""
    hosts = [str(host.address) for host in lab.hosts]
    some = chunk_spec(f"{hosts[0]}-{hosts[-1]}", ports="1", rate=RATE, profile="standard", deadline_s=_PATIENCE_S)
    ports = Rates.of(some).discovery * SECONDS // len(hosts)
    return some.model_copy(update={"ports": f"1-{min(ports, 65535)}"})


def expected_seconds(lab: Lab) -> float:
    """By the pace that estimates go by, of a chunk whose worker nobody kills."""
    spec = chunk(lab)
    ports = PortSet.from_canonical(spec.ports)
    work = Work(
        protocol=spec.protocol,
        addresses=len(lab.hosts),
        ports=ports.count,
        retries=spec.profile.retries,
        rate=spec.rate,
        hosts=len(lab.hosts),
        open_ports=sum(port in ports for _, port in open_cells(lab)),
        unnamed=0,
        services=spec.profile.service_detection,
    )
    return scan_seconds(work)


def open_cells(lab: Lab) -> set[tuple[str, int]]:
    return {
        (address, port) for address, answering in lab.truth.items() for protocol, port in answering if protocol == "tcp"
    }


def main() -> None:
    unwind_when_told_to_end()
    chance = random.Random(SEED)
    moments = [chance.uniform(0.02, 0.99) for _ in range(RUNS)]
    with ExitStack() as stack:
        lanes: SimpleQueue[Lane] = SimpleQueue()
        for first in range(0, min(LANES, RUNS), WORKERS):
            lab = stack.enter_context(Lab.start(hosts=many(HOSTS, seed=SEED + first)))
            for worker in range(min(WORKERS, LANES - first)):
                lanes.put(Lane(lab, worker))
        say(f"{lanes.qsize()} lanes; {len(cells_of(chunk(lab)))} cells a chunk")

        def one(numbered: tuple[int, float]) -> Run:
            lane = lanes.get()
            try:
                return lane.run(*numbered)
            finally:
                lanes.put(lane)

        with ThreadPoolExecutor(lanes.qsize()) as pool:
            runs = list(pool.map(one, enumerate(moments, 1)))
    shares = [run.share for run in runs]
    told = {
        "runs": len(runs),
        "worst_share": max(shares),
        "median_share": round(median(shares), 5),
        "missed": sum(run.missed for run in runs),
        "false": sum(run.false for run in runs),
        "shortest_s": min(run.seconds for run in runs),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
