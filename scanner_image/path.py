"""Which way packets leave for which targets, by the kernel's own routes, and so which tool can discover there."""

import asyncio
import contextlib
import ipaddress
import json
import socket
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from functions.core.addresses import Address, Version, address_of
from functions.core.engine import Link
from functions.core.errors import ScannerFailed
from functions.core.intervals import IntervalSet
from scanner_image.child import environment

_LOOPBACK = "lo"
_ETHERNET = "ether"
TIMEOUT_S = 10.0
_ASKED, _ANSWER_S = 10, 0.2
_DISCARD = 9


@dataclass(frozen=True, order=True)
class Path:
    """`gateway` is empty where targets are on the link itself; `interface` is empty where there is no route."""

    version: Version
    interface: str
    gateway: str = ""
    source: str = ""
    gateway_mac: str = ""
    ethernet: bool = False

    @property
    def link(self) -> Link:
        if not self.interface:
            return Link.NOWHERE
        if self.interface == _LOOPBACK:
            return Link.LOOPBACK
        if not self.gateway:
            return Link.ON_LINK
        return Link.GATEWAY if self._takes_frames else Link.ODD_GATEWAY

    @property
    def _takes_frames(self) -> bool:
        """masscan writes Ethernet frames to a gateway; it asks for the gateway's address by ARP, and not in IPv6."""
        return self.ethernet and bool(self.source) and (self.version == 4 or bool(self.gateway_mac))


async def paths(targets: dict[Version, IntervalSet]) -> dict[Path, IntervalSet]:
    """`targets` by the path to them. Where routes change, the kernel is asked; between, one answer holds."""
    found: dict[Path, IntervalSet] = {}
    for version, addresses in targets.items():
        if not addresses:
            continue
        starts = _starts(await _ip("-j", f"-{version}", "route", "show", "table", "all"), version)
        for segment in _segments(addresses, starts):
            path = await _path(address_of(segment.ranges[0][0], version))
            found[path] = found.get(path, IntervalSet()) | segment
    return found


def _starts(routes: Iterable[dict[str, Any]], version: Version) -> list[int]:
    """Every number at which another route may begin to hold."""
    starts: set[int] = set()
    for route in routes:
        if route["dst"] == "default":
            continue
        network = ipaddress.ip_network(route["dst"])
        if network.version == version:
            starts |= {int(network.network_address), int(network.broadcast_address) + 1}
    return sorted(starts)


def _segments(addresses: IntervalSet, starts: list[int]) -> Iterable[IntervalSet]:
    edges: dict[int, list[tuple[int, int]]] = {}
    for first, last in addresses.ranges:
        low = first
        for edge in starts[bisect_right(starts, first) : bisect_left(starts, last + 1)]:
            edges.setdefault(bisect_right(starts, low), []).append((low, edge - 1))
            low = edge
        edges.setdefault(bisect_right(starts, low), []).append((low, last))
    return [IntervalSet.from_ranges(ranges) for ranges in edges.values()]


async def _path(address: Address) -> Path:
    try:
        (route,) = await _ip("-j", "route", "get", str(address))
    except ScannerFailed:
        return Path(address.version, "")
    interface, gateway = str(route.get("dev", "")), str(route.get("gateway", ""))
    if interface == _LOOPBACK or route.get("type", "unicast") != "unicast":
        return Path(address.version, interface)
    (link,) = await _ip("-j", "link", "show", "dev", interface)
    return Path(
        address.version,
        interface,
        gateway,
        str(route.get("prefsrc", "")),
        await _neighbour(gateway, interface) if gateway and address.version == 6 else "",
        link.get("link_type") == _ETHERNET,
    )


async def _neighbour(gateway: str, interface: str) -> str:
    """The gateway's Ethernet address, asked for where the kernel has had no reason to ask yet; empty where none answers."""
    for _ in range(_ASKED):
        known = await _ip("-j", "neigh", "show", "to", gateway, "dev", interface)
        for entry in known:
            if "lladdr" in entry:
                return str(entry["lladdr"])
        _knock(gateway, interface)
        await asyncio.sleep(_ANSWER_S)
    return ""


def _knock(gateway: str, interface: str) -> None:
    """One empty datagram to the router itself: the kernel must learn its Ethernet address to send it."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 1)
        sender.sendto(b"", (gateway, _DISCARD, 0, socket.if_nametoindex(interface)))


async def _ip(*arguments: str) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        "ip", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment({})
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ScannerFailed(f"ip {' '.join(arguments)}: no answer in {TIMEOUT_S} s") from None
    if process.returncode != 0:
        raise ScannerFailed(f"ip {' '.join(arguments)}: {errors.decode(errors='replace').strip()[:200]}")
    rows: list[dict[str, Any]] = json.loads(output or b"[]")
    return rows
