"""A slow path between the workers and the hosts: a rate with a queue, a delay, and packets that are lost at random."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.lab import Lab
from tests.lab.namespaces import LabError, in_namespace, ip, run, sysctl
from tests.lab.network import WORKER_NETWORK

_SOURCE = Path(__file__).with_name("slow_path.c")
_DEVICE, _TABLE = "slow", 77
_HELD = 20_000
"""Packets that the device holds while the process that plays the path has no processor."""
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Way:
    """What came of the packets of one direction: `dropped` where the queue was full, `lost` at random."""

    passed: int
    dropped: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class SlowPath:
    """Of each direction by itself; a round trip takes twice the delay and meets the loss twice."""

    pps: int
    delay_ms: int
    lost_of_1000: int
    queue_ms: int = 100
    seed: int = 1


@dataclass
class Passed:
    """Filled when the path ends."""

    to_hosts: Way = field(default_factory=lambda: Way(0, 0, 0))
    to_workers: Way = field(default_factory=lambda: Way(0, 0, 0))


@contextmanager
def slowed(lab: Lab, path: SlowPath) -> Iterator[Passed]:
    """All IPv4 packets between the workers and the hosts go by this path meanwhile."""
    passed, router = Passed(), lab.router_namespace
    sysctl(router, "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
    with tempfile.TemporaryDirectory() as directory:
        process = _started(_built(Path(directory)), router, path)
        try:
            _lead(lab)
            yield passed
        finally:
            output, errors = process.communicate(timeout=_PATIENCE_S)
            if process.returncode == 0:
                _lead(lab, verb="del")
    if process.returncode != 0:
        raise LabError(f"the slow path ended with {process.returncode}: {errors}")
    ways = [Way(*map(int, line.split())) for line in output.splitlines()]
    passed.to_hosts, passed.to_workers = ways


def _built(directory: Path) -> Path:
    program = directory / "slow_path"
    run(["cc", "-O2", "-o", str(program), str(_SOURCE)])
    return program


def _started(program: Path, router: str, path: SlowPath) -> "subprocess.Popen[str]":
    figures = (path.pps, path.queue_ms, path.delay_ms, path.lost_of_1000, path.seed)
    workers = (str(WORKER_NETWORK.network_address), str(WORKER_NETWORK.netmask))
    process = subprocess.Popen(
        in_namespace(router, [str(program), _DEVICE, *map(str, figures), *workers]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    if process.stdout.readline().strip() != _DEVICE:
        raise LabError(f"no slow path: {process.communicate(timeout=_PATIENCE_S)[1]}")
    return process


def _lead(lab: Lab, *, verb: str = "add") -> None:
    """Packets from workers, and those to them from the hosts' segment; what leaves the path goes by the ordinary routes."""
    rules = [f"rule {verb} iif {worker.router_port} lookup {_TABLE}" for worker in lab.workers]
    rules.append(f"rule {verb} iif hosts to {WORKER_NETWORK} lookup {_TABLE}")
    device = [f"link set {_DEVICE} up txqueuelen {_HELD}", f"route add default dev {_DEVICE} table {_TABLE}"]
    ip([*(device if verb == "add" else ()), *rules], namespace=lab.router_namespace)
