"""What an attempt leaves behind: its result document and the tools' own output, in the bucket, and their digests in the ledger."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from functions.core.chunk import MOST_FILES, Chunk, SavedFile
from functions.core.messages import ResultHeader, ResultTrailer
from scanner_image import result
from scanner_image.findings import Findings
from scanner_image.neighbours import Ledger, Results
from scanner_image.scan import Scan


class Where(TypedDict):
    """Which attempt an object of the bucket belongs to."""

    project: str
    scan: str
    chunk: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Keeping:
    chunk: Chunk
    ledger: Ledger
    results: Results
    clock: Callable[[], datetime]
    started: datetime

    async def save(self, scan: Scan) -> str:
        report = scan.report
        report.moved("saving", 0)
        path = scan.raw.directory / "result.jsonl.gz"
        trailer = await asyncio.to_thread(self._write, scan, path)
        with scan.times.spent("upload"):
            key = await asyncio.to_thread(self._upload, scan, path)
        files = await asyncio.to_thread(saved_files, path, scan.raw.files)
        report.moved("saving", 1)
        await asyncio.to_thread(
            self.ledger.save,
            self.chunk,
            result_key=key,
            outcome=trailer.outcome,
            reason=trailer.reason,
            progress=report.so_far(),
            stop=scan.halt.stop,
            files=files,
            times=scan.times.told(),
            sampled=scan.sampled,
        )
        report.log("info", f"attempt {self.chunk.attempt} saved: {trailer.outcome} {trailer.reason}".rstrip())
        return trailer.outcome

    def _upload(self, scan: Scan, path: Path) -> str:
        chunk = self.chunk
        where: Where = {
            "project": chunk.project,
            "scan": chunk.scan,
            "chunk": chunk.chunk,
            "attempt": chunk.attempt,
        }
        for file in scan.raw.files:
            self.results.put_raw(file, **where, name=file.name)
        return self.results.put_result(path, **where)

    def _write(self, scan: Scan, path: Path) -> ResultTrailer:
        found, spec = scan.findings, scan.spec
        return result.write(
            path,
            header=ResultHeader(
                project=spec.project,
                scan=spec.scan,
                chunk=spec.chunk,
                attempt=self.chunk.attempt,
                started=self.started,
                mode=scan.tools.mode,
                tools=scan.tools.versions,
            ),
            lines=_lines(found),
            outcome=_outcome(scan),
            reason="; ".join(filter(None, (scan.halt.reason, *found.notes))),
            commands=found.commands,
            ended=self.clock(),
        )


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


def _outcome(scan: Scan) -> result.Outcome:
    """A stop that was asked for is told as such; else coverage decides."""
    if scan.halt.is_set and scan.halt.outcome == "stopped":
        return "stopped"
    return "complete" if scan.findings.cells.complete else "partial"
