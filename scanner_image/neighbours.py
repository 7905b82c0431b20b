"""What an attempt needs of the stores around it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from functions.core.chunk import Chunk, SavedFile
from functions.core.effort import PhaseTime, Sampled
from functions.core.messages import ChunkSpec, Event, Progress
from functions.core.stop import Stop
from scanner_image import result


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
        times: Sequence[PhaseTime],
        sampled: Sequence[Sampled],
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
    def put_checkpoint(self, body: bytes, *, project: str, scan: str, chunk: str) -> str: ...
    def get_checkpoint(self, project: str, scan: str, chunk: str, *, most: int) -> bytes: ...
