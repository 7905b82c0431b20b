"""What workers really send: the packets that enter the router from their side."""

import json
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from tests.lab.namespaces import LabError, in_namespace, run

_GLOBAL_HEADER = 24
_RECORD_HEADER = 16
_LINK_HEADER = 20
_WITH_PORTS = {6, 17}
_PATIENCE_S = 10.0
_END_S = 60.0
_LOOK_S = 0.3
_LOOKS = 4


@dataclass(frozen=True)
class Packet:
    """A captured packet; `proto` is the IP protocol number, `port` the destination's where there is one."""

    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    proto: int
    port: int | None
    size: int
    """Bytes after the frame's header: IP's own, and those that fill a frame up."""
    at: float = field(default=0.0, compare=False)
    """When it entered the router, in seconds since the epoch."""


@dataclass
class Capture:
    """Filled when the capture ends; `lost` counts what the kernel could not hand over."""

    packets: list[Packet] = field(default_factory=list)
    lost: int = 0


@contextmanager
def capture(router: str, ports: Sequence[str], file: Path) -> Iterator[Capture]:
    """Capture what enters the router by the given ports, talk between neighbours left out."""
    links = json.loads(run(in_namespace(router, ["ip", "-j", "link"])))
    indexes = {link["ifindex"] for link in links if link["ifname"] in ports}
    result = Capture()
    # Without immediate mode the kernel keeps the last packets to itself when the capture is stopped.
    options = f"-i any -Q in -y LINUX_SLL2 -s 96 -B 65536 -n -U --immediate-mode -Z root -w {file}".split()
    command = ["tcpdump", *options, "ip or ip6"]
    process = subprocess.Popen(in_namespace(router, command), stderr=subprocess.PIPE, text=True)
    try:
        await_start(process)
        yield result
        await_quiet(file)
    finally:
        process.terminate()
        _, report = process.communicate(timeout=_END_S)
    result.packets = list(_packets(file.read_bytes(), indexes))
    result.lost = sum(int(line.split()[0]) for line in report.splitlines() if "dropped by kernel" in line)
    file.unlink()


def await_start(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "listening on" in line:
            return
    raise LabError("tcpdump did not start")


def await_quiet(file: Path) -> None:
    """On a busy machine tcpdump may wait for its turn longer than between two looks: then the last packets are still to come."""
    deadline = time.monotonic() + _PATIENCE_S
    size, alike = -1, 0
    while alike < _LOOKS and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        before, size = size, file.stat().st_size
        alike = alike + 1 if size == before else 0


def _packets(data: bytes, indexes: set[int]) -> Iterator[Packet]:
    offset = _GLOBAL_HEADER
    while offset + _RECORD_HEADER <= len(data):
        seconds, micros, length, whole = struct.unpack_from("<IIII", data, offset)
        offset += _RECORD_HEADER
        (index,) = struct.unpack_from(">4xI", data, offset)
        kept = data[offset + _LINK_HEADER : offset + length]
        packet = _packet(kept, whole - _LINK_HEADER, seconds + micros / 1e6)
        if index in indexes and not _is_neighbour_talk(packet):
            yield packet
        offset += length


def _is_neighbour_talk(packet: Packet) -> bool:
    """Whether this is how neighbours find each other: it never passes a router."""
    return packet.source.is_link_local or packet.destination.is_link_local or packet.destination.is_multicast


def _packet(data: bytes, size: int, at: float) -> Packet:
    if data[0] >> 4 == 4:
        proto, rest = data[9], (data[0] & 15) * 4
        source, destination = data[12:16], data[16:20]
    else:
        proto, rest = data[6], 40
        source, destination = data[8:24], data[24:40]
    port = int.from_bytes(data[rest + 2 : rest + 4], "big") if proto in _WITH_PORTS else None
    return Packet(ip_address(source), ip_address(destination), proto, port, size, at)
