"""Which cells are open: masscan where it can go, nmap elsewhere, plain connections to few cells; every cell ends with an answer or a reason why it has none."""

import dataclasses
import time
from collections.abc import Callable

from functions.core.addresses import Version
from functions.core.coverage import Answer, Method
from functions.core.engine import Engine, Target, discovers
from functions.core.intervals import IntervalSet
from scanner_image.cells import Verdict
from scanner_image.path import Path, paths
from scanner_image.ports_by_nmap import PortsAsked, ask_ports, networks
from scanner_image.presence import there
from scanner_image.probe import probe
from scanner_image.scan import Scan
from scanner_image.slices import Slices
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

    def part(self, done: float, share: float) -> Callable[[float], None]:
        """Told how far the tool is with a share of its work, after what is done."""
        return lambda fraction: self.moved(done + share * fraction)

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
    cells, why, ended = scan.findings.cells, "", True
    slices = Slices(cells.ports, protocol=scan.spec.protocol, hosts=addresses.count, rate=scan.rates.discovery)
    while slices and ended and not scan.halt.is_set:
        part, started = slices.take(), time.monotonic()
        left = cells.unreached_of(version, addresses, part)
        if not left:
            continue
        asked = PortsAsked(
            version=version,
            addresses=left,
            ports=part,
            wanted=cells.unreached,
            host_timeout_s=slices.host_timeout_s(scan.spec.profile.host_timeout_s),
        )
        ran = await ask_ports(scan, asked, tools, raw="nmap", progress=weights.part(slices.done, slices.share))
        slices.took(time.monotonic() - started)
        why, ended = why or ran.why, ran.ended
    if why or not slices:
        silence = Verdict(Answer.NOT_COVERED, Method.NONE, why or "nmap said nothing of these cells")
        cells.settle(version, addresses, silence, at=scan.findings.clock())
