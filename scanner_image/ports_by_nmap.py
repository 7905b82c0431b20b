"""What nmap says of ports: of all of a chunk's in discovery, of the inventory's open ones when they are asked again."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

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
_SILENCES = frozenset({Answer.NO_ANSWER, Answer.OPEN_FILTERED, Answer.HOST_DOWN, Answer.NOT_COVERED})
"""None of them belies a refusal that was heard before."""


@dataclass(frozen=True, kw_only=True)
class PortsAsked:
    """Each of `ports` is asked of each of `addresses`. What counts is what is said of `wanted`, and of others that they are open."""

    version: Version
    addresses: IntervalSet
    ports: IntervalSet
    wanted: Callable[[Address], IntervalSet]
    host_timeout_s: int


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
            profile=scan.spec.profile.model_copy(update={"host_timeout_s": asked.host_timeout_s}),
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
    if ran.why and ran.why not in scan.findings.notes:
        scan.report.log("warning", ran.why)
        scan.findings.notes.append(ran.why)
    return ran


def _take(scan: Scan, host: NmapHost, asked: PortsAsked, how: Method, unheard: Silence) -> None:
    """What nmap says of one host."""
    found, address = scan.findings, nmap.address_of(host)
    if not found.assets.of(address):
        return
    scan.report.sent(asked.ports.count)
    found.seen(address, host)
    wanted, refused = asked.wanted(address), found.cells.answered(address, {Answer.REFUSED})
    told: dict[Verdict, list[tuple[int, int]]] = {}
    if host.timed_out:
        told[_GAVE_UP] = [*wanted.ranges]
    elif not host.up:
        told[Verdict(Answer.HOST_DOWN, how)] = [*wanted.ranges]
    for rest in host.rest:
        told.setdefault(nmap.verdict(rest.state, rest.reason, how), []).extend(rest.ports.ranges)
    for port in host.ports:
        if port.state == "open":
            found.opened(address, port.port, how)
        else:
            told.setdefault(nmap.verdict(port.state, port.reason, how), []).append((port.port, port.port))
    for verdict, ranges in told.items():
        ports = IntervalSet.from_ranges(ranges) & wanted
        if verdict.answer in _SILENCES:
            ports = ports - refused
        found.cells.mark(address, ports, verdict, at=found.clock())
        unheard.heard(host, address, ports, verdict)


def networks(addresses: IntervalSet, version: Version) -> list[str]:
    """An address set as nmap reads it from a file."""
    return [
        str(network)
        for first, last in addresses.ranges
        for network in ipaddress.summarize_address_range(address_of(first, version), address_of(last, version))
    ]
