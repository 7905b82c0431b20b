"""The life of an attempt: claim, check scope, scan under a heartbeat, save."""

import asyncio
import contextlib
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol, TypedDict

from functions.core.chunk import MOST_FILES, Chunk, SavedFile
from functions.core.errors import InvalidInput, OutOfScope, ScannerFailed, Superseded, VedetteError
from functions.core.messages import ChunkSpec, Event, Progress, ResultHeader, ResultTrailer
from functions.core.scope import check_scope
from functions.core.stop import Stop
from functions.core.targets import parse_exclusions
from functions.settings import WorkerSettings
from scanner_image import result, shim, tools
from scanner_image.discovery import discover
from scanner_image.findings import Findings
from scanner_image.halt import Halt
from scanner_image.raw import RawOutput
from scanner_image.recheck import recheck
from scanner_image.report import Report
from scanner_image.scan import Scan
from scanner_image.services import identify
from scanner_image.sources import sources

HEARTBEAT_S = 3.0


class Where(TypedDict):
    """Which attempt an object of the bucket belongs to."""

    project: str
    scan: str
    chunk: str
    attempt: int


class Ledger(Protocol):
    def claim(
        self, project: str, scan: str, chunk: str, *, run: int, now: datetime, lease_s: int, sources: Sequence[str]
    ) -> Chunk: ...
    def heartbeat(self, chunk: Chunk, *, now: datetime, progress: Progress) -> str: ...
    def save(
        self,
        chunk: Chunk,
        *,
        result_key: str,
        outcome: result.Outcome,
        reason: str,
        progress: Progress,
        stop: Stop | Literal[""],
        files: Sequence[SavedFile],
    ) -> object: ...
    def stop_requested(self, project: str, scan: str, *, run: int) -> str: ...
    def fail(self, chunk: Chunk, *, reason: str) -> object: ...
    def exclusions(self, project: str, scan: str) -> tuple[str, ...]: ...


class Live(Protocol):
    def publish(self, event: Event) -> None: ...


class Results(Protocol):
    def get_spec(self, project: str, scan: str, chunk: str) -> ChunkSpec: ...
    def put_result(self, path: Path, *, project: str, scan: str, chunk: str, attempt: int) -> str: ...
    def put_raw(self, path: Path, *, project: str, scan: str, chunk: str, attempt: int, name: str) -> str: ...


@dataclass(frozen=True)
class Worker:
    settings: WorkerSettings
    ledger: Ledger
    live: Live
    results: Results
    halt: Halt
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

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
        granted = spec.model_copy(update={"rate": min(spec.rate, attempt.granted or spec.rate)})
        return await Attempt(self, granted, attempt, ends=time.monotonic() + spec.deadline_s).run()


class Attempt:
    def __init__(self, worker: Worker, spec: ChunkSpec, chunk: Chunk, *, ends: float) -> None:
        self.worker = worker
        self.spec = spec
        self.chunk = chunk
        self.ends = ends
        self.halt = worker.halt
        self.clock = worker.clock
        self.started = worker.clock()
        self.report = Report(spec, chunk, live=worker.live, clock=worker.clock)

    async def run(self) -> str:
        sending = asyncio.create_task(self.report.send())
        beating = asyncio.create_task(self._heartbeat())
        beating.add_done_callback(self._heart_stopped)
        timers = self._timers()
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
            await asyncio.gather(sending)

    def _timers(self) -> list[asyncio.TimerHandle]:
        """What ends the attempt at a time that is known before: its deadline, and the ends of its hours and its authority."""
        loop = asyncio.get_running_loop()
        late = f"the attempt's deadline of {self.spec.deadline_s} s"
        timers = [loop.call_later(max(self.ends - time.monotonic(), 0), self.halt, "partial", late)]
        for until, stop, what in (
            (self.spec.not_after, Stop.AUTHORITY, "an authority that the scan leans on"),
            (self.chunk.not_after, Stop.WINDOW, "the hours in which the network may be scanned"),
        ):
            if until is not None:
                left = (until - self.clock()).total_seconds()
                over = f"{what} ended at {until:%Y-%m-%dT%H:%M:%SZ}"
                timers.append(loop.call_later(max(left, 0), self.halt, "stopped", over, stop))
        return timers

    async def _scan_and_save(self) -> str:
        with workplace() as directory:
            try:
                await self._obey()
                await self._check_scope()
                scan = await self._prepare(directory)
            except (InvalidInput, ScannerFailed) as error:
                self.report.log("error", f"nothing was sent: {error.message}")
                await asyncio.to_thread(self.worker.ledger.fail, self.chunk, reason=error.message[:512])
                return "failed"
            await self._scan(scan)
            if self.halt.outcome == "superseded":
                raise Superseded(self.halt.reason)
            return await self._save(scan)

    async def _obey(self) -> None:
        """Nothing is sent where the scan was stopped, or its hours ended, before this attempt began."""
        where = self.chunk
        request = await asyncio.to_thread(self.worker.ledger.stop_requested, where.project, where.scan, run=where.run)
        if request:
            self._stop(request)

    def _stop(self, request: str) -> None:
        known: Stop | Literal[""] = Stop(request) if request in set(Stop) else ""
        self.halt("stopped", f"stop requested: {request}", known)

    async def _check_scope(self) -> None:
        """Raises OutOfScope where the chunk touches what is denied, or excluded by now."""
        spec, asked = self.spec, self.worker.settings
        if (spec.project, spec.scan, spec.chunk) != (asked.project, asked.scan, asked.chunk):
            raise OutOfScope("spec", "the chunk spec is of another scan or chunk")
        await self._check_exclusions()

    async def _check_exclusions(self) -> None:
        current = await asyncio.to_thread(self.worker.ledger.exclusions, self.spec.project, self.spec.scan)
        exclusions = parse_exclusions(current, field="exclusions")
        check_scope(self.spec, exclusions, admit_loopback=self.worker.settings.admit_loopback)

    async def _prepare(self, directory: Path) -> Scan:
        reachable = directory / "tools"
        reachable.mkdir(mode=0o755)
        found = await tools.find(reachable, name_servers=self.worker.settings.name_servers)
        if found.mode == "raw" and found.masscan:
            found = replace(found, shim=await asyncio.to_thread(shim.library_directory, reachable))
        findings = Findings(self.spec, clock=self.clock, announce=self.report.port_found)
        raw = RawOutput(directory)
        return Scan(self.spec, found, findings, self.report, raw, self.halt, reachable, self.ends)

    async def _scan(self, scan: Scan) -> None:
        """The steps in their order; a tool that cannot be run leaves its cells not covered and the rest to be saved."""
        try:
            for step in (discover, recheck, identify):
                if not self.halt.is_set:
                    await step(scan)
        except* ScannerFailed as group:
            for error in group.exceptions:
                scan.findings.notes.append(str(error))
                self.report.log("error", str(error))

    async def _save(self, scan: Scan) -> str:
        self.report.moved("saving", 0)
        path = scan.raw.directory / "result.jsonl.gz"
        trailer = await asyncio.to_thread(self._write, scan, path)
        key = await asyncio.to_thread(self._upload, scan, path)
        files = await asyncio.to_thread(saved_files, path, scan.raw.files)
        self.report.moved("saving", 1)
        await asyncio.to_thread(
            self.worker.ledger.save,
            self.chunk,
            result_key=key,
            outcome=trailer.outcome,
            reason=trailer.reason,
            progress=self.report.progress,
            stop=self.halt.stop,
            files=files,
        )
        self.report.log("info", f"attempt {self.chunk.attempt} saved: {trailer.outcome} {trailer.reason}".rstrip())
        return trailer.outcome

    def _upload(self, scan: Scan, path: Path) -> str:
        chunk, results = self.chunk, self.worker.results
        where: Where = {
            "project": chunk.project,
            "scan": chunk.scan,
            "chunk": chunk.chunk,
            "attempt": chunk.attempt,
        }
        for file in scan.raw.files:
            results.put_raw(file, **where, name=file.name)
        return results.put_result(path, **where)

    def _write(self, scan: Scan, path: Path) -> ResultTrailer:
        found = scan.findings
        return result.write(
            path,
            header=ResultHeader(
                project=self.spec.project,
                scan=self.spec.scan,
                chunk=self.spec.chunk,
                attempt=self.chunk.attempt,
                started=self.started,
                mode=scan.tools.mode,
                tools=scan.tools.versions,
            ),
            lines=_lines(found),
            outcome=self._outcome(found),
            reason="; ".join(filter(None, (self.halt.reason, *found.notes))),
            commands=found.commands,
            ended=self.clock(),
        )

    def _outcome(self, found: Findings) -> result.Outcome:
        """A stop that was asked for is told as such; else coverage decides."""
        if self.halt.is_set and self.halt.outcome == "stopped":
            return "stopped"
        return "complete" if found.cells.complete else "partial"

    async def _heartbeat(self) -> None:
        """Keep the attempt's claim alive and see stop requests; an attempt that lost its chunk stops and writes nothing."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                request = await asyncio.to_thread(
                    self.worker.ledger.heartbeat, self.chunk, now=self.clock(), progress=self.report.progress
                )
            except Superseded as error:
                self.halt("superseded", error.message)
                return
            except VedetteError as error:
                self.report.log("warning", f"a heartbeat was not written: {error.message}")
                continue
            if request:
                self._stop(request)
            elif not self.halt.is_set:
                await self._keep_to_exclusions()

    async def _keep_to_exclusions(self) -> None:
        """More may be excluded while the attempt is at work; where that cannot be read, the next heartbeat asks again."""
        try:
            await self._check_exclusions()
        except InvalidInput as error:
            self.halt("stopped", error.message)
        except VedetteError as error:
            self.report.log("warning", f"the exclusions were not read: {error.message}")

    def _heart_stopped(self, beating: asyncio.Task[None]) -> None:
        """Nobody may think that this attempt lives: it saves what it has while its lease still holds."""
        if not beating.cancelled() and (error := beating.exception()):
            self.report.log("error", f"the heartbeat failed: {type(error).__name__}: {error}")
            self.halt("partial", "the heartbeat failed")


def saved_files(result_document: Path, raw: Iterable[Path]) -> tuple[SavedFile, ...]:
    """With the digests by which anybody can tell later whether an object is still what was saved."""
    named = [(result_document.name, result_document), *((f"raw/{file.name}", file) for file in raw)]
    return tuple(_saved_file(name, path) for name, path in named[:MOST_FILES])


def _saved_file(name: str, path: Path) -> SavedFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return SavedFile(name=name, size=path.stat().st_size, sha256=digest)


def _lines(found: Findings) -> Iterator[result.Body]:
    yield from found.host_lines()
    yield from found.observation_lines()
    yield from found.coverage_lines()


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A directory that is gone afterwards; the tools' user may pass through it."""
    with tempfile.TemporaryDirectory(prefix="vedette-") as name:
        Path(name).chmod(0o711)
        yield Path(name)
