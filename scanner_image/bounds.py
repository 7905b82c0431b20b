"""What an attempt keeps to: its scope, the exclusions of the moment, requests to stop, and the ends of its time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from functions.core.chunk import Chunk
from functions.core.chunk_spec import assets_of, leaving_out
from functions.core.errors import OutOfScope
from functions.core.messages import ChunkSpec
from functions.core.scope import check_scope
from functions.core.stop import Stop
from functions.core.targets import parse_exclusions
from functions.settings import WorkerSettings
from scanner_image.halt import Halt
from scanner_image.neighbours import Ledger


def narrowed(spec: ChunkSpec, ledger: Ledger) -> tuple[ChunkSpec, str]:
    """What may be probed of a chunk that is about to start, and what is left out and so not covered, for people.

    More may be excluded since it was planned: by its network, for all, or as what an account released. Where nothing is
    left the chunk is as it was, for the check of scope to refuse.
    """
    excluded = parse_exclusions(ledger.exclusions(spec.project, spec.scan), field="exclusions")
    left = leaving_out(spec, excluded)
    lost = assets_of(spec).without(assets_of(left))
    if not lost or not assets_of(left):
        return spec, ""
    more = f" and {lost.count - 1} more" if lost.count > 1 else ""
    first = next((each.first for each in lost.ranges()), "") or lost.describe()
    return left, f"left out, for it was excluded or released since the plan was made: {first}{more}"


@dataclass(frozen=True, kw_only=True)
class Bounds:
    spec: ChunkSpec
    chunk: Chunk
    settings: WorkerSettings
    ledger: Ledger
    halt: Halt
    clock: Callable[[], datetime]
    ends: float
    """When the attempt's deadline falls, on the monotonic clock."""

    def timers(self) -> list[asyncio.TimerHandle]:
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

    async def obey(self) -> None:
        """Nothing is sent where the scan was stopped, or its hours ended, before this attempt began."""
        where = self.chunk
        request = await asyncio.to_thread(self.ledger.stop_requested, where.project, where.scan, run=where.run)
        if request:
            self.stop(request)

    def stop(self, request: str) -> None:
        known: Stop | Literal[""] = Stop(request) if request in set(Stop) else ""
        self.halt("stopped", f"stop requested: {request}", known)

    async def check_scope(self) -> None:
        """Raises OutOfScope where the chunk touches what is denied, or excluded by now."""
        spec, asked = self.spec, self.settings
        if (spec.project, spec.scan, spec.chunk) != (asked.project, asked.scan, asked.chunk):
            raise OutOfScope("spec", "the chunk spec is of another scan or chunk")
        await self.check_exclusions()

    async def check_exclusions(self) -> None:
        current = await asyncio.to_thread(self.ledger.exclusions, self.spec.project, self.spec.scan)
        exclusions = parse_exclusions(current, field="exclusions")
        check_scope(self.spec, exclusions, admit_loopback=self.settings.admit_loopback)
