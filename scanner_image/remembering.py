"""Every few seconds an attempt leaves what it knows, and the next one of its chunk begins with it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from functions.core.chunk import Chunk
from functions.core.errors import Corrupt, NotFound, VedetteError
from scanner_image.checkpoint import MOST_BYTES, believed
from scanner_image.neighbours import Results
from scanner_image.resuming import go_on, told_of
from scanner_image.scan import Scan

EVERY_S = 5.0
_SHARE = 30
"""Of the attempt's length so far: what is lost by less often is less than what it costs to write more often."""
_EFFORT = 4
"""Making one may take this part of the time at most, up to `_MOST_S`: a slow machine must not lose minutes by it."""
_MOST_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Remembering:
    chunk: Chunk
    results: Results
    clock: Callable[[], datetime]

    async def recall(self, scan: Scan) -> None:
        """Begin where an earlier attempt was; from the beginning where nothing is to be had, or what there is does not fit."""
        if self.chunk.attempt == 1:
            return
        try:
            body = await asyncio.to_thread(self.results.get_checkpoint, *self._where, most=MOST_BYTES + 1)
            told = await asyncio.to_thread(believed, body, scan.spec, attempt=self.chunk.attempt, now=self.clock())
        except NotFound:
            return
        except Corrupt as error:
            note = f"what an earlier attempt left was not gone on with: {error.message}"
            scan.findings.notes.append(note)
            scan.report.log("warning", note)
            return
        except VedetteError as error:
            scan.report.log("warning", f"what an earlier attempt left was not read: {error.message}")
            return
        go_on(scan, told)
        scan.report.log(
            "info",
            f"goes on with attempt {told.attempt}, as it was at {told.saved:%H:%M:%S}: {scan.findings.open_ports} open ports",
        )

    @contextmanager
    def kept(self, scan: Scan) -> Iterator[None]:
        """Meanwhile. An attempt that was told to end leaves no more: what its tools say then may be half of it."""
        keeping = asyncio.create_task(self._keep(scan))
        keeping.add_done_callback(partial(_ended, scan))
        try:
            yield
        finally:
            keeping.cancel()

    async def leave_last(self, scan: Scan) -> None:
        """Once all is done: cells that were not covered are asked anew by who comes next, and not as the last time."""
        if not scan.halt.is_set and not scan.findings.cells.complete:
            await self._leave(scan)

    async def _keep(self, scan: Scan) -> None:
        started = time.monotonic()
        pause = EVERY_S
        while not scan.halt.is_set:
            await asyncio.sleep(pause)
            began = time.monotonic()
            if not scan.halt.is_set:
                await self._leave(scan)
            ended = time.monotonic()
            pause = max(EVERY_S, min(_MOST_S, max((ended - started) / _SHARE, (ended - began) * _EFFORT)))

    async def _leave(self, scan: Scan) -> None:
        told = told_of(scan, attempt=self.chunk.attempt, now=self.clock())
        if told is None:
            return
        project, name, chunk = self._where
        try:
            body = await asyncio.to_thread(told.pack)
            if len(body) <= MOST_BYTES:
                await asyncio.to_thread(self.results.put_checkpoint, body, project=project, scan=name, chunk=chunk)
        except VedetteError as error:
            scan.report.log("warning", f"how far the attempt is was not written: {error.message}")

    @property
    def _where(self) -> tuple[str, str, str]:
        return self.chunk.project, self.chunk.scan, self.chunk.chunk


def _ended(scan: Scan, keeping: asyncio.Task[None]) -> None:
    """The scan goes on without: all that is lost by it is what the next attempt would have been spared."""
    if not keeping.cancelled() and (error := keeping.exception()):
        scan.report.log("error", f"how far the attempt is was not kept: {type(error).__name__}: {error}")
