"""Which cells are open: masscan where it can go, nmap elsewhere, plain connections to few cells; every cell ends with an answer or a reason why it has none."""

import dataclasses
import ipaddress

from functions.core.addresses import Address, Version, address_of
from functions.core.coverage import Answer, Method
from functions.core.engine import Engine, Target, discovers
from functions.core.intervals import IntervalSet
from functions.core.messages import Command
from functions.core.ports import PortSet
from scanner_image import nmap
from scanner_image.cells import Verdict
from scanner_image.nmap import Errand, Nmap
from scanner_image.nmap_host import NmapHost
from scanner_image.path import Path, paths
from scanner_image.presence import there
from scanner_image.probe import probe
from scanner_image.scan import Scan
from scanner_image.silence import Silence
from scanner_image.sweep import sweep


async def discover(scan: Scan) -> None:
    targets = {version: addresses for version, addresses in scan.findings.assets.targets().items() if addresses}
    routes = await paths(targets)
    weight = _Weights(scan, sum(addresses.count for addresses in routes.values()))
    for path, addresses in sorted(routes.items(), key=lambda item: item[0]):
        if scan.halt.is_set:
            return
        await _discover_by(scan, path, addresses, weight)
        weight.finish(addresses.count)


class _Weights:
    """Turns each tool's own progress into the phase's."""

    def __init__(self, scan: Scan, addresses: int) -> None:
        self._scan = scan
        self._all = max(addresses, 1)
        self._done = 0
        self._now = 0

    def start(self, addresses: int) -> None:
        self._now = addresses

    def moved(self, fraction: float) -> None:
        done = self._done + self._now * fraction
        self._scan.report.moved("discovery", done / self._all)

    def finish(self, addresses: int) -> None:
        self.moved(1.0)
        self._done += addresses
        self._now = 0


async def _discover_by(scan: Scan, path: Path, addresses: IntervalSet, weights: _Weights) -> None:
    weights.start(addresses.count)
    addresses = scan.findings.cells.unjudged(path.version, addresses)
    if not addresses:
        return
    addresses = await there(scan, _target(scan, path, addresses), addresses, networks(addresses, path.version))
    if not addresses or scan.halt.is_set:
        return
    choice = discovers(scan.spec.profile, _target(scan, path, addresses))
    match choice.engine:
        case Engine.NONE:
            silence = Verdict(Answer.NOT_COVERED, Method.NONE, choice.why)
            scan.findings.cells.settle(path.version, addresses, silence, at=scan.findings.clock())
        case Engine.CONNECT:
            with scan.times.spent("discovery"):
                await probe(scan, path.version, addresses)
        case Engine.MASSCAN:
            await sweep(scan, path, addresses, weights.moved)
        case _:
            with scan.times.spent("discovery"):
                left = scan.findings.cells.unsettled(path.version, addresses)
                await _nmap(scan, path.version, left, weights, choice.engine)


def _target(scan: Scan, path: Path, addresses: IntervalSet) -> Target:
    return Target(
        protocol=scan.spec.protocol,
        version=path.version,
        link=path.link,
        cells=addresses.count * scan.findings.cells.ports.count,
        raw=scan.tools.mode == "raw",
        masscan=bool(scan.tools.masscan),
    )


async def _nmap(scan: Scan, version: Version, addresses: IntervalSet, weights: _Weights, engine: Engine) -> None:
    if not addresses:
        return
    tools = scan.tools
    if engine == Engine.NMAP_CONNECT:
        tools = dataclasses.replace(tools, mode="connect")
    program = Nmap(tools, scan.directory)
    how, unheard = program.method(scan.spec.protocol), Silence(scan.findings)
    scan.report.log("info", f"nmap: {addresses.count} addresses by {how} at {scan.rates.discovery}/s")
    with scan.raw.keep("nmap", "xml") as raw:
        errand = Errand(
            version=version,
            targets=networks(addresses, version),
            profile=scan.spec.profile,
            rate=scan.rates.discovery,
            limit_s=scan.seconds_left,
            host=lambda host: _take(scan, host, how, unheard),
            raw=raw,
            halt=scan.halt,
            unsent=unheard.unsent,
        )
        ran = await program.run(
            errand,
            ports=PortSet(scan.findings.cells.ports),
            protocol=scan.spec.protocol,
            asking=None,
            progress=lambda _task, percent: weights.moved(percent / 100),
        )
    silence = Verdict(Answer.NOT_COVERED, Method.NONE, "nmap said nothing of these cells")
    _settle(scan, version=version, addresses=addresses, command=ran.command, why=ran.why, silence=silence)


def _settle(
    scan: Scan, *, version: Version, addresses: IntervalSet, command: Command, why: str, silence: Verdict
) -> None:
    """Give the cells that the tool did not mark what its silence means: `silence` after a whole run, else nothing."""
    scan.findings.commands.append(command)
    if why:
        scan.report.log("warning", why)
        scan.findings.notes.append(why)
        silence = Verdict(Answer.NOT_COVERED, Method.NONE, why)
    scan.findings.cells.settle(version, addresses, silence, at=scan.findings.clock())


def _take(scan: Scan, host: NmapHost, how: Method, unheard: Silence) -> None:
    """What nmap says of one host."""
    found, address = scan.findings, nmap.address_of(host)
    if not found.assets.of(address):
        return
    scan.report.sent(found.cells.ports.count)
    found.seen(address, host)
    if host.timed_out:
        _mark(scan, address, found.cells.ports, Verdict(Answer.NOT_COVERED, Method.NONE, "nmap gave up on a slow host"))
    told: dict[Verdict, list[tuple[int, int]]] = {}
    if not host.up and not host.timed_out:
        told[Verdict(Answer.HOST_DOWN, how)] = [*found.cells.ports.ranges]
    for rest in host.rest:
        told.setdefault(nmap.verdict(rest.state, rest.reason, how), []).extend(rest.ports.ranges)
    for port in host.ports:
        if port.state == "open":
            found.opened(address, port.port, how)
        else:
            told.setdefault(nmap.verdict(port.state, port.reason, how), []).append((port.port, port.port))
    for verdict, ranges in told.items():
        ports = IntervalSet.from_ranges(ranges)
        _mark(scan, address, ports, verdict)
        unheard.heard(host, address, ports, verdict)


def _mark(scan: Scan, address: Address, ports: IntervalSet, verdict: Verdict) -> None:
    scan.findings.cells.mark(address, ports, verdict, at=scan.findings.clock())


def networks(addresses: IntervalSet, version: Version) -> list[str]:
    """An address set as nmap reads it from a file."""
    return [
        str(network)
        for first, last in addresses.ranges
        for network in ipaddress.summarize_address_range(
            address_of(first, version),
            address_of(last, version),
        )
    ]
