"""What speaks behind each open port: a few nmap runs side by side, each over few hosts so that a slow one holds back few."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from functions.core.addresses import Address, Version
from functions.core.coverage import Answer, Method
from functions.core.everything import is_wide
from functions.core.model import Protocol
from functions.core.ports import PortSet
from functions.core.profile import Discovery, Profile
from scanner_image import connect, nmap
from scanner_image.cells import Verdict
from scanner_image.nmap import Nmap
from scanner_image.nmap_xml import NmapHost
from scanner_image.scan import Scan

SIDE_BY_SIDE = 3
MOST_HOSTS = 32
MOST_PORTS = 200
"""Of one host."""
SAMPLE = 24
"""Ports of a host that seems to answer on everything: enough to hear that hardly any has a service behind it."""
SAMPLE_TIMEOUT_S = 60


@dataclass(frozen=True)
class Batch:
    version: Version
    addresses: tuple[Address, ...]
    ports: frozenset[int]
    sampled: bool = False


async def identify(scan: Scan) -> None:
    if not scan.spec.profile.service_detection or not scan.findings.open_ports:
        return
    asked = scan.findings.cells.ports.count
    work, at_once = batches(scan.findings.open, asked=asked), asyncio.Semaphore(SIDE_BY_SIDE)
    for batch in work:
        if batch.sampled:
            _tell_sampled(scan, batch.addresses[0], asked=asked)
    progress = _Progress(scan, len(work))

    async def one(index: int, batch: Batch) -> None:
        async with at_once:
            if not scan.halt.is_set:
                await _identify(
                    scan, batch, rate=max(1, scan.spec.rate // SIDE_BY_SIDE), progress=progress, index=index
                )
        progress.moved(index, 1.0)

    async with asyncio.TaskGroup() as group:
        for index, batch in enumerate(work):
            group.create_task(one(index, batch))


def batches(found: Mapping[Address, Mapping[int, object]], *, asked: int) -> list[Batch]:
    """Hosts with like ports together, spread over the runs that go side by side; those with too many ports alone, and cut.

    `asked`: how many ports the chunk has. Hosts that seem to answer on everything come last, so that they hold up nobody.
    """
    made: list[Batch] = []
    doubtful = {address: None for address, ports in found.items() if is_wide(len(ports), asked)}
    for version in (4, 6):
        wide: list[Address] = []
        narrow: list[Address] = []
        for address, ports in found.items():
            if address.version == version and ports and address not in doubtful:
                (wide if len(ports) > MOST_PORTS else narrow).append(address)
        made += [Batch(version, (address,), frozenset(sorted(found[address])[:MOST_PORTS])) for address in wide]
        narrow.sort(key=lambda address: (sorted(found[address]), int(address)))
        size = min(MOST_HOSTS, max(1, ceil(len(narrow) / SIDE_BY_SIDE)))
        for start in range(0, len(narrow), size):
            group = tuple(narrow[start : start + size])
            made.append(Batch(version, group, frozenset(port for address in group for port in found[address])))
    samples = ((address, _sample(sorted(found[address]))) for address in doubtful)
    return made + [Batch(address.version, (address,), ports, sampled=True) for address, ports in samples]


def _sample(ports: list[int]) -> frozenset[int]:
    """Spread over all of them."""
    return frozenset(ports[index * len(ports) // SAMPLE] for index in range(SAMPLE))


def _tell_sampled(scan: Scan, address: Address, *, asked: int) -> None:
    ports = len(scan.findings.open[address])
    scan.report.log(
        "warning", f"{address} answers on {ports} of {asked} ports: {SAMPLE} of them are asked what they are"
    )


class _Progress:
    def __init__(self, scan: Scan, runs: int) -> None:
        self._scan = scan
        self._runs = [0.0] * runs

    def moved(self, index: int, fraction: float) -> None:
        self._runs[index] = max(self._runs[index], fraction)
        self._scan.report.moved("services", sum(self._runs) / len(self._runs))


def _profile(scan: Scan, batch: Batch) -> Profile:
    profile = scan.spec.profile
    if not batch.sampled:
        return profile
    return profile.model_copy(update={"host_timeout_s": min(profile.host_timeout_s, SAMPLE_TIMEOUT_S)})


async def _identify(scan: Scan, batch: Batch, *, rate: int, progress: _Progress, index: int) -> None:
    tools = scan.tools
    if scan.spec.profile.discovery == Discovery.CONNECT and scan.spec.protocol == Protocol.TCP:
        tools = replace(tools, mode="connect")
    program = Nmap(tools, scan.directory)
    doubted: list[tuple[Address, int]] = []
    with scan.raw.keep("nmap-services", "xml") as raw, scan.times.spent("identification"):
        ran = await program.run(
            version=batch.version,
            targets=[str(address) for address in batch.addresses],
            ports=PortSet.of(batch.ports),
            protocol=scan.spec.protocol,
            profile=_profile(scan, batch),
            services=True,
            rate=rate,
            limit_s=scan.seconds_left,
            host=lambda host: doubted.extend(_take(scan, host, program.method(scan.spec.protocol))),
            progress=lambda task, percent: progress.moved(index, percent / 100 if task == "Service scan" else 0.0),
            raw=raw,
            halt=scan.halt,
        )
    scan.findings.commands.append(ran.command)
    if ran.why:
        note = f"services of {len(batch.addresses)} hosts were not all identified: {ran.why}"
        scan.findings.notes.append(note)
        scan.report.log("warning", note)
    await _settle_doubts(scan, doubted)


def _take(scan: Scan, host: NmapHost, how: Method) -> list[tuple[Address, int]]:
    """Record what nmap identified; gives the cells that discovery found open and nmap did not."""
    found, address = scan.findings, nmap.address_of(host)
    if host.up:
        found.seen(address, host)
    if host.os:
        found.systems[address] = host.os
    if host.timed_out:
        scan.findings.notes.append(f"nmap gave up on the services of {address}")
        return []
    for port in host.ports:
        if port.state == "open":
            found.opened(address, port.port, how)
            found.identified(address, port.port, port.service, port.scripts)
    said = {port.port for port in host.ports if port.state != "open"}
    said |= {port for rest in host.rest for port in rest.ports}
    return [(address, port) for port in sorted(said & found.open.get(address, {}).keys())]


async def _settle_doubts(scan: Scan, doubted: list[tuple[Address, int]]) -> None:
    """Where the two tools disagree on a cell, one more connection decides."""
    if scan.spec.protocol != Protocol.TCP or scan.halt.is_set:
        return
    async for asked in connect.ask_all(doubted, rate=scan.spec.rate):
        scan.report.log("info", f"{asked.address}:{asked.port} was open in discovery, then not; now: {asked.answer}")
        if asked.answer not in (Answer.OPEN, Answer.NOT_COVERED):
            scan.findings.closed(asked.address, asked.port, Verdict(asked.answer, Method.CONNECT))
