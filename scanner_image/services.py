"""What speaks behind each open port: a few nmap runs side by side, from the first port that discovery finds."""

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping

from functions.core.addresses import Address
from functions.core.coverage import Answer, Method
from functions.core.engine import Engine, Target, identifies
from functions.core.everything import is_evidence, is_named
from functions.core.model import Protocol
from functions.core.ports import PortSet
from functions.core.profile import Profile
from scanner_image import connect, nmap
from scanner_image.batches import MOST_PORTS, SAMPLE, SIDE_BY_SIDE, Batch, Waiting
from scanner_image.cells import Verdict
from scanner_image.nmap import Asking, Errand, Nmap
from scanner_image.nmap_host import NmapHost
from scanner_image.scan import Scan
from scanner_image.tools import Tools

Cell = tuple[Address, int]

SAMPLE_TIMEOUT_S = 60
_GATHER_S = 1.5
"""While discovery goes on, ports are gathered for so long before the next run of nmap begins: each costs its start."""
_LOOK_S = 0.25


async def identify(scan: Scan, found_all: asyncio.Event) -> None:
    """Until everything that was found by the time of `found_all` has been asked what it is."""
    engine = identifies(scan.spec.profile, Target(protocol=scan.spec.protocol, raw=scan.tools.mode == "raw")).engine
    if engine == Engine.NONE:
        return
    if not scan.rates.overlap:
        await found_all.wait()
    await _Identification(scan, found_all, engine).run()


class _Identification:
    def __init__(self, scan: Scan, found_all: asyncio.Event, engine: Engine) -> None:
        self.scan = scan
        self._engine = engine
        self._found_all = found_all
        quick = scan.tools.quick_probes is not None and scan.spec.protocol == Protocol.TCP
        self._waiting = Waiting(asked=scan.findings.cells.ports.count, quick=quick)
        for address, ports in scan.asked.items():
            for port in ports:
                self._waiting.told(address, port)
        self._runs: list[float] = []
        """How far each run is, 0..1."""

    async def run(self) -> None:
        running: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while not self.scan.halt.is_set:
                whole = self._found_all.is_set()
                running = {task for task in running if not task.done()}
                for batch in self._next(SIDE_BY_SIDE - len(running), whole=whole):
                    running.add(group.create_task(self._identify(batch, alone=whole)))
                if whole and not running:
                    break
                await self._pause(running, whole=whole)
        self._tell_unasked()

    def _tell_unasked(self) -> None:
        found = self.scan.findings.open
        for address, ports in found.items():
            if len(ports) > MOST_PORTS and not self._waiting.is_sampled(address, found):
                told = f"{address} has {len(ports)} open ports: the first {MOST_PORTS} are asked what they are"
                self.scan.report.log("warning", told)

    def _next(self, free: int, *, whole: bool) -> Iterator[Batch]:
        """While more is being found, one at a time."""
        for _ in range(free if whole else min(free, 1)):
            batch = self._waiting.take(self.scan.findings.open, whole=whole)
            if batch is None:
                return
            yield batch

    async def _pause(self, running: set[asyncio.Task[None]], *, whole: bool) -> None:
        if whole:
            await asyncio.wait(running, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            return
        waiting = asyncio.ensure_future(self._found_all.wait())
        await asyncio.wait({waiting}, timeout=_GATHER_S)
        waiting.cancel()

    async def _identify(self, batch: Batch, *, alone: bool) -> None:
        scan, index = self.scan, len(self._runs)
        self._runs.append(0.0)
        if batch.sampled:
            _tell_sampled(scan, batch.addresses[0])
        doubted: dict[Cell, Verdict] = {}
        program = Nmap(_tools(scan, self._engine), scan.directory)
        with scan.raw.keep("nmap-services", "xml") as raw, scan.times.spent("identification"):
            errand = Errand(
                version=batch.version,
                targets=[str(address) for address in batch.addresses],
                profile=_profile(scan, batch),
                rate=scan.rates.identification(alone=alone),
                limit_s=scan.seconds_left,
                host=lambda host: doubted.update(self._take(host, batch, program.method(scan.spec.protocol))),
                raw=raw,
                halt=scan.halt,
            )
            ran = await program.run(
                errand,
                ports=PortSet.of(batch.ports),
                protocol=scan.spec.protocol,
                asking=Asking(
                    about_host=batch.first, probes=scan.tools.quick_probes if batch.look == "quick" else None
                ),
                progress=lambda task, percent: self._moved(index, percent / 100 if task == "Service scan" else 0.0),
            )
        scan.findings.commands.append(ran.command)
        if ran.why:
            note = f"services of {len(batch.addresses)} hosts were not all identified: {ran.why}"
            scan.findings.notes.append(note)
            scan.report.log("warning", note)
        for address, port in await _still_open(scan, doubted):
            if batch.look == "quick":
                self._waiting.ask_again(address, port)
        if not ran.why:
            self._note_asked(batch)
        self._moved(index, 1.0)

    def _note_asked(self, batch: Batch) -> None:
        """Who goes on with this attempt asks them no more."""
        for address, ports in batch.wanted.items():
            found = self.scan.findings.open.get(address, {})
            done = (
                port for port in ports if batch.look == "patient" or (port in found and is_named(found[port].service))
            )
            self.scan.asked.setdefault(address, set()).update(done)

    def _moved(self, index: int, fraction: float) -> None:
        """Told once discovery has ended; before that, discovery tells how far the attempt is."""
        self._runs[index] = max(self._runs[index], fraction)
        if self._found_all.is_set():
            self.scan.report.moved("services", sum(self._runs) / len(self._runs))

    def _take(self, host: NmapHost, batch: Batch, how: Method) -> Mapping[Cell, Verdict]:
        """Record what nmap identified; gives the cells that discovery found open and nmap did not, with what it says."""
        found, address = self.scan.findings, nmap.address_of(host)
        if host.up:
            found.seen(address, host)
        if host.os:
            found.systems[address] = host.os
        if host.timed_out:
            found.notes.append(f"nmap gave up on the services of {address}")
            return {}
        for port in host.ports:
            if port.state == "open":
                found.opened(address, port.port, how)
                self._waiting.told(address, port.port)
                if not _known(self.scan, address, port.port) or is_evidence(port.service):
                    found.identified(address, port.port, port.service, port.scripts)
                if batch.look == "quick" and not is_named(port.service):
                    self._waiting.ask_again(address, port.port)
        said = {port: nmap.verdict(rest.state, rest.reason, how) for rest in host.rest for port in rest.ports}
        said |= {each.port: nmap.verdict(each.state, each.reason, how) for each in host.ports if each.state != "open"}
        return {(address, port): said[port] for port in sorted(said.keys() & found.open.get(address, {}).keys())}


def _known(scan: Scan, address: Address, port: int) -> bool:
    """Whether an earlier look heard something."""
    told = scan.findings.open.get(address, {}).get(port)
    return told is not None and is_evidence(told.service)


def _tools(scan: Scan, engine: Engine) -> Tools:
    if engine == Engine.NMAP_CONNECT_SERVICES:
        return dataclasses.replace(scan.tools, mode="connect")
    return scan.tools


def _profile(scan: Scan, batch: Batch) -> Profile:
    profile = scan.spec.profile
    if not batch.sampled:
        return profile
    return profile.model_copy(update={"host_timeout_s": min(profile.host_timeout_s, SAMPLE_TIMEOUT_S)})


def _tell_sampled(scan: Scan, address: Address) -> None:
    ports, asked = len(scan.findings.open[address]), scan.findings.cells.ports.count
    scan.report.log(
        "warning", f"{address} answers on {ports} of {asked} ports: {SAMPLE} of them are asked what they are"
    )


async def _still_open(scan: Scan, doubted: Mapping[Cell, Verdict]) -> list[Cell]:
    """Where nmap does not find open what discovery did, one more connection asks.

    A refusal alone belies the answer that discovery heard: who answered once and is silent now may have begun to drop what
    the worker sends.
    """
    still: list[Cell] = []
    if scan.spec.protocol != Protocol.TCP or scan.halt.is_set:
        return still
    async for asked in connect.ask_all(doubted, rate=scan.rates.identification(alone=False)):
        scan.report.log("info", f"{asked.address}:{asked.port} was open in discovery, then not; now: {asked.answer}")
        said = doubted[asked.address, asked.port]
        if asked.answer == Answer.OPEN:
            still.append((asked.address, asked.port))
        elif asked.answer == Answer.REFUSED:
            scan.findings.closed(asked.address, asked.port, Verdict(asked.answer, Method.CONNECT))
        elif said.answer == Answer.REFUSED:
            scan.findings.closed(asked.address, asked.port, said)
    return still
