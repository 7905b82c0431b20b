"""A chunk's life in the ledger. The attempt number is the fencing token."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from functions.core.messages import Progress
from functions.core.model import Id, Model, Time
from functions.core.transitions import TransitionTable

MAX_ATTEMPTS = 3


class ChunkStatus(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    SAVED = "saved"
    """The attempt ended in order and its result, whole or partial, is in S3."""
    INGESTED = "ingested"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChunkEvent(StrEnum):
    CLAIM = "claim"
    SAVE = "save"
    FENCE = "fence"
    """The attempt's worker is gone or overdue: the next claim supersedes it."""
    INGEST = "ingest"
    FAIL = "fail"
    CANCEL = "cancel"


CHUNK_TABLE = TransitionTable[ChunkStatus, ChunkEvent](
    "chunk",
    {
        (ChunkStatus.WAITING, ChunkEvent.CLAIM): ChunkStatus.CLAIMED,
        (ChunkStatus.CLAIMED, ChunkEvent.SAVE): ChunkStatus.SAVED,
        (ChunkStatus.CLAIMED, ChunkEvent.FENCE): ChunkStatus.WAITING,
        (ChunkStatus.SAVED, ChunkEvent.INGEST): ChunkStatus.INGESTED,
        (ChunkStatus.WAITING, ChunkEvent.FAIL): ChunkStatus.FAILED,
        (ChunkStatus.CLAIMED, ChunkEvent.FAIL): ChunkStatus.FAILED,
        (ChunkStatus.SAVED, ChunkEvent.FAIL): ChunkStatus.FAILED,
        (ChunkStatus.WAITING, ChunkEvent.CANCEL): ChunkStatus.CANCELLED,
        (ChunkStatus.CLAIMED, ChunkEvent.CANCEL): ChunkStatus.CANCELLED,
    },
)


class ChunkCounts(Model):
    """What ingest made of a chunk."""

    cells_covered: int = 0
    open_ports: int = 0
    hosts_up: int = 0
    opened: int = 0
    reopened: int = 0
    changed: int = 0
    closed: int = 0
    baseline: int = 0


class Chunk(Model):
    """The ledger's record of a chunk."""

    project: Id
    scan: Id
    chunk: str
    status: ChunkStatus = ChunkStatus.WAITING
    attempt: int = Field(default=0, ge=0)
    """The number of the last claim; 0 before the first."""
    run: int = Field(default=1, ge=1)
    summary: str = Field(default="", max_length=256)
    """For people: e.g. `10.0.0.0-10.0.0.255 tcp 1-1024`."""
    cells: int = 0
    claimed: Time | None = None
    lease_until: Time | None = None
    heartbeat: Time | None = None
    progress: Progress | None = None
    outcome: Literal["", "complete", "partial", "stopped"] = ""
    result_key: str = ""
    reason: str = Field(default="", max_length=512)
    counts: ChunkCounts = ChunkCounts()
