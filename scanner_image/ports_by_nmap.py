"""What nmap says of ports: of all of a chunk's in discovery, of the inventory's open ones when they are asked again."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from functions.core.addresses import Address, Version, address_of
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.ports import PortSet
from scanner_image import nmap
from scanner_image.cells import Verdict
from scanner_image.nmap import Errand, Nmap, Ran
from scanner_image.nmap_host import NmapHost
from scanner_image.scan import Scan
from scanner_image.silence import Silence
from scanner_image.tools import Tools

_GAVE_UP = Verdict(Answer.NOT_COVERED, Method.NONE, "nmap gave up on a slow host")


@dataclass(frozen=True, kw_only=True)
class PortsAsked:
    """Each of `ports` is asked of each of `addresses`; of the answers those of `wanted` count."""

    version: Version
    addresses: IntervalSet
    ports: IntervalSet
    wanted: Callable[[Address], IntervalSet]

    @classmethod
    def of_all(cls, version: Version, addresses: IntervalSet, ports: IntervalSet) -> Self:
        return cls(version=version, addresses=addresses, ports=ports, wanted=lambda _: ports)


async def ask_ports(scan: Scan, asked: PortsAsked, tools: Tools, *, raw: str, progress: Callable[[float], None]) -> Ran:
    """One run; `raw` names what is kept of it. Cells of which nmap says nothing stay as they were."""
    program = Nmap(tools, scan.directory)
    how, unheard = program.method(scan.spec.protocol), Silence(scan.findings)
    scan.report.log(
        "info",
        f"nmap: {asked.addresses.count} addresses x {asked.ports.count} ports by {how} at {scan.rates.discovery}/s",
    )
    with scan.raw.keep(raw, "xml") as keep:
        errand = Errand(
            version=asked.version,
            targets=networks(asked.addresses, asked.version),
            profile=scan.spec.profile,
            rate=scan.rates.discovery,
            limit_s=scan.seconds_left,
            host=lambda host: _take(scan, host, asked, how, unheard),
            raw=keep,
            halt=scan.halt,
            unsent=unheard.unsent,
        )
        ran = await program.run(
            errand,
            ports=PortSet(asked.ports),
            protocol=scan.spec.protocol,
            asking=None,
            progress=lambda _task, percent: progress(percent / 100),
        )
    scan.findings.commands.append(ran.command)
    if ran.why:
        scan.report.log("warning", ran.why)
        scan.findings.notes.append(ran.why)
    return ran


def _take(scan: Scan, host: NmapHost, asked: PortsAsked, how: Method, unheard: Silence) -> None:
    """What nmap says of one host. What has been found open there stays so."""
    found, address = scan.findings, nmap.address_of(host)
    if not found.assets.of(address):
        return
    scan.report.sent(asked.ports.count)
    found.seen(address, host)
    wanted = asked.wanted(address)
    told: dict[Verdict, list[tuple[int, int]]] = {}
    if host.timed_out:
        told[_GAVE_UP] = [*found.cells.unanswered(address).ranges]
    elif not host.up:
        told[Verdict(Answer.HOST_DOWN, how)] = [*wanted.ranges]
    for rest in host.rest:
        told.setdefault(nmap.verdict(rest.state, rest.reason, how), []).extend(rest.ports.ranges)
    for port in host.ports:
        if port.state != "open":
            told.setdefault(nmap.verdict(port.state, port.reason, how), []).append((port.port, port.port))
        elif port.port in wanted:
            found.opened(address, port.port, how)
    wanted = wanted - IntervalSet.of(found.open.get(address, ()))
    for verdict, ranges in told.items():
        ports = IntervalSet.from_ranges(ranges) & wanted
        found.cells.mark(address, ports, verdict, at=found.clock())
        unheard.heard(host, address, ports, verdict)


def networks(addresses: IntervalSet, version: Version) -> list[str]:
    """An address set as nmap reads it from a file."""
    return [
        str(network)
        for first, last in addresses.ranges
        for network in ipaddress.summarize_address_range(address_of(first, version), address_of(last, version))
    ]
