"""The life of an attempt: claim, check scope, scan under a heartbeat, save."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from functions.core.chunk import Chunk
from functions.core.errors import InvalidInput, ScannerFailed, Superseded
from functions.core.messages import ChunkSpec
from functions.settings import WorkerSettings
from scanner_image import shim, tools
from scanner_image.bounds import Bounds, narrowed
from scanner_image.discovery import discover
from scanner_image.findings import Findings
from scanner_image.halt import Halt
from scanner_image.heart import Heart
from scanner_image.keeping import Keeping
from scanner_image.neighbours import Ledger, Live, Results
from scanner_image.raw import RawOutput
from scanner_image.recheck import recheck
from scanner_image.remembering import Remembering
from scanner_image.report import Report
from scanner_image.scan import Scan
from scanner_image.services import identify
from scanner_image.sources import sources
from scanner_image.traffic import Traffic

LAST_WORDS_S = 20.0
"""For live events that wait when all is saved: what the table of events does not take by then is not told."""


@dataclass(frozen=True)
class Worker:
    settings: WorkerSettings
    ledger: Ledger
    live: Live
    results: Results
    halt: Halt
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    said: Callable[[], int] = lambda: 0
    """Bytes of requests to AWS so far, by this machine's network interfaces."""

    async def work(self) -> str:
        """One attempt from claim to save; gives its outcome. Raises Superseded when it may write nothing."""
        where = self.settings
        spec = await asyncio.to_thread(self.results.get_spec, where.project, where.scan, where.chunk)
        attempt = await asyncio.to_thread(
            self.ledger.claim,
            where.project,
            where.scan,
            where.chunk,
            run=where.run,
            now=self.clock(),
            lease_s=spec.lease_s,
            sources=sources(spec),
        )
        ends = time.monotonic() + spec.deadline_s
        left, note = await asyncio.to_thread(narrowed, spec, self.ledger)
        granted = left.model_copy(update={"rate": min(spec.rate, attempt.granted or spec.rate)})
        return await Attempt(self, granted, attempt, left_out=note, ends=ends).run()


class Attempt:
    def __init__(self, worker: Worker, spec: ChunkSpec, chunk: Chunk, *, left_out: str, ends: float) -> None:
        self.worker = worker
        self.spec = spec
        self.chunk = chunk
        self.left_out = left_out
        self.halt = worker.halt
        traffic = None if worker.settings.shared_network else Traffic(worker.said)
        self.report = Report(spec, chunk, live=worker.live, clock=worker.clock, traffic=traffic)
        self.bounds = Bounds(
            spec=spec,
            chunk=chunk,
            settings=worker.settings,
            ledger=worker.ledger,
            halt=worker.halt,
            clock=worker.clock,
            ends=ends,
        )
        self.keeping = Keeping(
            chunk=chunk, ledger=worker.ledger, results=worker.results, clock=worker.clock, started=worker.clock()
        )
        self.remembering = Remembering(chunk=chunk, results=worker.results, clock=worker.clock)

    async def run(self) -> str:
        sending = asyncio.create_task(self.report.send())
        beating = Heart(self.bounds, self.report).start()
        timers = self.bounds.timers()
        try:
            self.report.started()
            outcome = await self._scan_and_save()
            self.report.done(outcome)
            return outcome
        finally:
            for timer in timers:
                timer.cancel()
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            self.report.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(sending, LAST_WORDS_S)

    async def _scan_and_save(self) -> str:
        with workplace() as directory:
            try:
                await self.bounds.obey()
                await self.bounds.check_scope()
                scan = await self._prepare(directory)
            except (InvalidInput, ScannerFailed) as error:
                self.report.log("error", f"nothing was sent: {error.message}")
                await asyncio.to_thread(self.worker.ledger.fail, self.chunk, reason=error.message[:512])
                return "failed"
            await self.remembering.recall(scan)
            with self.remembering.kept(scan):
                await self._scan(scan)
            await self.remembering.leave_last(scan)
            if self.halt.outcome == "superseded":
                raise Superseded(self.halt.reason)
            return await self.keeping.save(scan)

    async def _prepare(self, directory: Path) -> Scan:
        reachable = directory / "tools"
        reachable.mkdir(mode=0o755)
        found = await tools.find(reachable, name_servers=self.worker.settings.name_servers)
        if found.mode == "raw" and found.masscan:
            found = replace(found, shim=await asyncio.to_thread(shim.library_directory, reachable))
        findings = Findings(self.spec, clock=self.worker.clock, announce=self.report.port_found)
        if self.left_out:
            findings.notes.append(self.left_out)
            self.report.log("warning", self.left_out)
        raw = RawOutput(directory)
        return Scan(self.spec, found, findings, self.report, raw, self.halt, reachable, self.bounds.ends)

    async def _scan(self, scan: Scan) -> None:
        """What is found is identified while more is looked for."""
        found_all = asyncio.Event()
        identifying = asyncio.create_task(self._bearing(scan, identify(scan, found_all)))
        try:
            await self._bearing(scan, self._find(scan))
            found_all.set()
            await identifying
        finally:
            identifying.cancel()
            await asyncio.gather(identifying, return_exceptions=True)

    async def _find(self, scan: Scan) -> None:
        try:
            if not self.halt.is_set:
                await discover(scan)
        finally:
            await recheck(scan)

    async def _bearing(self, scan: Scan, work: Coroutine[None, None, None]) -> None:
        """A tool that cannot be run leaves its cells not covered and the rest to be saved."""
        try:
            await work
        except* ScannerFailed as group:
            for error in group.exceptions:
                scan.findings.notes.append(str(error))
                self.report.log("error", str(error))


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A directory that is gone afterwards; the tools' user may pass through it."""
    with tempfile.TemporaryDirectory(prefix="vedette-") as name:
        Path(name).chmod(0o711)
        yield Path(name)
