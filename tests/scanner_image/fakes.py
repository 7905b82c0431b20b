"""Stand-ins for the ledger, the live view and the bucket: in memory, with the same words."""

import gzip
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from functions.core.chunk import Chunk, ChunkStatus, SavedFile
from functions.core.effort import PhaseTime, Sampled
from functions.core.errors import NotFound, Superseded
from functions.core.messages import (
    AddressRange,
    ChunkSpec,
    CoverageLine,
    Event,
    ObservationLine,
    PinnedHost,
    Progress,
    ResultHeader,
    ResultLine,
    ResultTrailer,
)
from functions.core.model import Protocol
from functions.core.profile import PROFILES, Discovery

PROJECT, NETWORK, SCAN = (f"01ARZ3NDEKTSV4RRFFQ69G5FA{letter}" for letter in "VWX")
LINES: TypeAdapter[ResultLine] = TypeAdapter(ResultLine)


def chunk_spec(
    *ranges: str,
    ports: str,
    protocol: Protocol = Protocol.TCP,
    profile: str = "discovery",
    discovery: str = "auto",
    rate: int = 5000,
    deadline_s: int = 120,
    hosts: tuple[PinnedHost, ...] = (),
    **more: object,
) -> ChunkSpec:
    """`ranges`: `10.0.0.1` or `10.0.0.1-10.0.0.9`."""
    bounds = (text.partition("-") for text in ranges)
    return ChunkSpec.model_validate(
        {
            "project": PROJECT,
            "network": NETWORK,
            "scan": SCAN,
            "chunk": "00000",
            "addresses": [AddressRange(first=first, last=last or first) for first, _, last in bounds],
            "hosts": hosts,
            "protocol": protocol,
            "ports": ports,
            "profile": PROFILES[profile].model_copy(update={"discovery": Discovery(discovery)})
            if discovery != "auto"
            else PROFILES[profile],
            "rate": rate,
            "deadline_s": deadline_s,
            "lease_s": deadline_s + 60,
            **more,
        }
    )


@dataclass
class Saved:
    result_key: str
    outcome: str
    reason: str
    progress: Progress
    stop: str = ""
    files: tuple[SavedFile, ...] = ()
    times: tuple[PhaseTime, ...] = ()
    sampled: tuple[Sampled, ...] = ()

    @property
    def effort(self) -> dict[str, object]:
        """For those outside of this process."""
        return {
            "times": [each.model_dump() for each in self.times],
            "sampled": [each.model_dump() for each in self.sampled],
        }


@dataclass
class FakeLedger:
    request: str = ""
    superseded: bool = False
    attempt: int = 0
    heartbeats: list[Progress] = field(default_factory=list)
    saved: Saved | None = None
    failed: str = ""
    excluded: tuple[str, ...] = ()
    requested_before: str = ""
    granted: int = 0
    not_after: datetime | None = None

    def claim(
        self, project: str, scan: str, chunk: str, *, run: int, now: datetime, lease_s: int, sources: Sequence[str]
    ) -> Chunk:
        self.attempt += 1
        return Chunk(
            project=project,
            scan=scan,
            chunk=chunk,
            run=run,
            attempt=self.attempt,
            status=ChunkStatus.CLAIMED,
            claimed=now,
            sources=tuple(sources),
            granted=self.granted,
            not_after=self.not_after,
        )

    def stop_requested(self, project: str, scan: str, *, run: int) -> str:
        return self.requested_before

    def heartbeat(self, chunk: Chunk, *, now: datetime, progress: Progress) -> str:
        self._fence()
        self.heartbeats.append(progress)
        return self.request

    def save(
        self,
        chunk: Chunk,
        *,
        result_key: str,
        outcome: str,
        reason: str,
        progress: Progress,
        stop: str = "",
        files: Sequence[SavedFile] = (),
        times: Sequence[PhaseTime] = (),
        sampled: Sequence[Sampled] = (),
    ) -> None:
        self._fence()
        self.saved = Saved(result_key, outcome, reason, progress, stop, tuple(files), tuple(times), tuple(sampled))

    def fail(self, chunk: Chunk, *, reason: str) -> None:
        self.failed = reason

    def exclusions(self, project: str, scan: str) -> tuple[str, ...]:
        return self.excluded

    def _fence(self) -> None:
        if self.superseded:
            raise Superseded("attempt 2 owns the chunk")


@dataclass
class FakeLive:
    events: list[Event] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.type == kind]


@dataclass
class FakeResults:
    spec: ChunkSpec
    directory: Path
    raw: list[Path] = field(default_factory=list)

    def get_spec(self, project: str, scan: str, chunk: str) -> ChunkSpec:
        return self.spec

    def put_result(self, path: Path, *, project: str, scan: str, chunk: str, attempt: int) -> str:
        return str(shutil.copy(path, self.directory / f"{attempt}-{path.name}"))

    def put_raw(self, path: Path, *, project: str, scan: str, chunk: str, attempt: int, name: str) -> str:
        kept = Path(shutil.copy(path, self.directory / f"{attempt}-{name}"))
        self.raw.append(kept)
        return str(kept)

    def put_checkpoint(self, body: bytes, *, project: str, scan: str, chunk: str) -> str:
        """Whole or not at all, as in S3."""
        whole = self.directory / "checkpoint.new"
        whole.write_bytes(body)
        return str(whole.replace(self.directory / "checkpoint.json.gz"))

    def get_checkpoint(self, project: str, scan: str, chunk: str, *, most: int) -> bytes:
        left = self.directory / "checkpoint.json.gz"
        if not left.exists():
            raise NotFound("nothing was left")
        return left.read_bytes()[:most]


class Document:
    """A result as ingest would read it."""

    def __init__(self, path: str | Path) -> None:
        with gzip.open(path, "rb") as file:
            self.lines = [LINES.validate_json(line) for line in file]

    @property
    def header(self) -> ResultHeader:
        (header,) = (line for line in self.lines if isinstance(line, ResultHeader))
        return header

    @property
    def trailer(self) -> ResultTrailer:
        (trailer,) = (line for line in self.lines if isinstance(line, ResultTrailer))
        return trailer

    @property
    def observations(self) -> list[ObservationLine]:
        return [line for line in self.lines if isinstance(line, ObservationLine)]

    @property
    def open(self) -> set[tuple[str, int]]:
        return {(line.asset, line.port) for line in self.observations}

    @property
    def coverage(self) -> list[CoverageLine]:
        return [line for line in self.lines if isinstance(line, CoverageLine)]
