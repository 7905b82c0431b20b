"""Listening on every interface of every namespace of the lab at once."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.capture import await_quiet, await_start
from tests.lab.lab import Lab
from tests.lab.namespaces import in_namespace, run
from tests.wire.pcap import Frame, frames
from tests.wire.tally import Place, Side

_SEGMENT = "hosts"
_PATIENCE_S = 10.0
_SNAP = 320
"""Bytes of a frame: enough for the longest question after the reverse name of an IPv6 address."""


@dataclass
class Heard:
    """Whole when the listening has ended; `lost` counts what the kernel could not hand over."""

    files: dict[Place, Path] = field(default_factory=dict)
    lost: int = 0

    def frames(self, place: Place) -> Iterator[Frame]:
        return frames(self.files[place].read_bytes())


@contextmanager
def listening(lab: Lab, directory: Path) -> Iterator[Heard]:
    heard = Heard()
    with ExitStack() as all_of_them:
        for place in places(lab):
            heard.files[place] = directory / f"{place.name}.pcap"
            all_of_them.enter_context(_listener(place, heard))
        yield heard


def places(lab: Lab) -> list[Place]:
    indexes = _interfaces(lab.router_namespace)
    worker_ports = frozenset(indexes[worker.router_port] for worker in lab.workers)
    return [
        Place(lab.router_namespace, Side.ROUTER, worker_ports, indexes[_SEGMENT]),
        *(Place(name, Side.WORKER) for name in lab.worker_namespaces),
        *(Place(host.namespace, Side.HOST) for host in lab.hosts),
    ]


def _interfaces(namespace: str) -> dict[str, int]:
    return {link["ifname"]: link["ifindex"] for link in json.loads(run(in_namespace(namespace, ["ip", "-j", "link"])))}


@contextmanager
def _listener(place: Place, heard: Heard) -> Iterator[None]:
    # Without immediate mode the kernel keeps the last packets to itself when the capture is stopped.
    options = f"-i any -y LINUX_SLL2 -s {_SNAP} -B 16384 -n -U --immediate-mode -Z root".split()
    command = ["tcpdump", *options, "-w", str(heard.files[place])]
    process = subprocess.Popen(in_namespace(place.name, command), stderr=subprocess.PIPE, text=True)
    try:
        await_start(process)
        yield
        await_quiet(heard.files[place])
    finally:
        process.terminate()
        _, report = process.communicate(timeout=_PATIENCE_S)
    heard.lost += sum(int(line.split()[0]) for line in report.splitlines() if "dropped by" in line)
