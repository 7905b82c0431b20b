"""A chunk's life in the ledger. The attempt number is the fencing token."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from functions.core.effort import PhaseTime, Sampled
from functions.core.messages import Progress
from functions.core.model import Id, Model, Time
from functions.core.stop import Stop
from functions.core.transitions import TransitionTable

MAX_ATTEMPTS = 3
MOST_FILES = 200
"""Of one attempt that are told with their digests; it saves a few."""


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
    TAKE_BACK = "take_back"
    """AWS took the task's capacity back: the next attempt goes on from what this one left."""
    REOPEN = "reopen"
    """A later run goes on with a chunk that was stopped before it was covered, or takes up one that was lost."""


GIVEN_UP = frozenset({ChunkStatus.FAILED, ChunkStatus.CANCELLED})

CHUNK_TABLE = TransitionTable[ChunkStatus, ChunkEvent](
    "chunk",
    {
        (ChunkStatus.WAITING, ChunkEvent.CLAIM): ChunkStatus.CLAIMED,
        (ChunkStatus.CLAIMED, ChunkEvent.SAVE): ChunkStatus.SAVED,
        (ChunkStatus.CLAIMED, ChunkEvent.FENCE): ChunkStatus.WAITING,
        (ChunkStatus.SAVED, ChunkEvent.INGEST): ChunkStatus.INGESTED,
        (ChunkStatus.WAITING, ChunkEvent.TAKE_BACK): ChunkStatus.WAITING,
        (ChunkStatus.CLAIMED, ChunkEvent.TAKE_BACK): ChunkStatus.WAITING,
        (ChunkStatus.SAVED, ChunkEvent.TAKE_BACK): ChunkStatus.WAITING,
        (ChunkStatus.WAITING, ChunkEvent.FAIL): ChunkStatus.FAILED,
        (ChunkStatus.CLAIMED, ChunkEvent.FAIL): ChunkStatus.FAILED,
        (ChunkStatus.SAVED, ChunkEvent.FAIL): ChunkStatus.FAILED,
        (ChunkStatus.WAITING, ChunkEvent.CANCEL): ChunkStatus.CANCELLED,
        (ChunkStatus.CLAIMED, ChunkEvent.CANCEL): ChunkStatus.CANCELLED,
        (ChunkStatus.INGESTED, ChunkEvent.REOPEN): ChunkStatus.WAITING,
        (ChunkStatus.FAILED, ChunkEvent.REOPEN): ChunkStatus.WAITING,
        (ChunkStatus.CANCELLED, ChunkEvent.REOPEN): ChunkStatus.WAITING,
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

    def and_then(self, later: "ChunkCounts") -> "ChunkCounts":
        """Of a chunk that a later run went through again: what each run changed counts, what both saw counts once."""
        states = {name: max(getattr(self, name), getattr(later, name)) for name in _STATES}
        changes = {
            name: getattr(self, name) + getattr(later, name) for name in ChunkCounts.model_fields if name not in _STATES
        }
        return ChunkCounts(**states, **changes)


_STATES = frozenset({"cells_covered", "open_ports", "hosts_up"})


class SavedFile(Model):
    """An object that an attempt saved, as its worker wrote it: what lies in the bucket now must have this digest."""

    name: str = Field(max_length=128)
    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Chunk(Model):
    """The ledger's record of a chunk."""

    project: Id
    scan: Id
    chunk: str
    status: ChunkStatus = ChunkStatus.WAITING
    attempt: int = Field(default=0, ge=0)
    """The number of the last claim; 0 before the first."""
    run: int = Field(default=1, ge=1)
    earlier: int = Field(default=0, ge=0)
    """Attempts that do not count against this run's: those of earlier runs, and those whose capacity was taken back."""
    taken_back: int = Field(default=0, ge=0)
    """Tasks of this run whose capacity AWS took back."""
    on_spot: bool = False
    """Whether its last task was tried on spare capacity."""
    summary: str = Field(default="", max_length=256)
    """For people: e.g. `10.0.0.0-10.0.0.255 tcp 1-1024`."""
    cells: int = 0
    public: bool = True
    """Whether anything that is sent for it may go to the internet, which is charged as data out: it may where nobody says."""
    rate: int = Field(default=0, ge=0)
    """Packets a second that it was planned for."""
    granted: int = Field(default=0, ge=0)
    """Packets a second that its next or present attempt may send; 0 before it was admitted."""
    not_after: Time | None = None
    """When the hours are over in which it may send."""
    admitted: Time | None = None
    """When the gate let a task go for it that nobody has seen gone yet."""
    admitted_after: int = Field(default=0, ge=0)
    """The number of the last claim at that time: a later one is of this task, whatever its clock says."""
    tasks: int = Field(default=0, ge=0)
    """That were run for it and are gone."""
    task_s: float = Field(default=0, ge=0)
    charged_s: float = Field(default=0, ge=0)
    """What all of them took; and what AWS charges, which is a minute at least for each."""
    spot_s: float = Field(default=0, ge=0)
    """Of what is charged: on spare capacity."""
    packets: int = Field(default=0, ge=0)
    """That all attempts sent to look for ports, as they last told."""
    bytes_sent: int = Field(default=0, ge=0)
    """By all attempts, as they last told."""
    bytes_charged: int = Field(default=0, ge=0)
    """Of these: what the scan and its project were charged for so far, with a task that was gone."""
    begun: Time | None = None
    """When its first attempt claimed it: a later one may go on with what was seen since."""
    claimed: Time | None = None
    lease_until: Time | None = None
    heartbeat: Time | None = None
    progress: Progress | None = None
    outcome: Literal["", "complete", "partial", "stopped"] = ""
    stop: Stop | Literal[""] = ""
    """What stopped its last attempt."""
    result_key: str = ""
    files: tuple[SavedFile, ...] = Field(default=(), max_length=MOST_FILES)
    """What its last attempt saved: the result, and the tools' own output under `raw/`."""
    times: tuple[PhaseTime, ...] = ()
    """Where its last attempt's time went."""
    sampled: tuple[Sampled, ...] = ()
    """What probing a sample again showed of its last attempt, for each path to its targets."""
    sources: tuple[str, ...] = Field(default=(), max_length=32)
    """The addresses that its last attempt sent from, by its own machine's routes."""
    reason: str = Field(default="", max_length=512)
    counts: ChunkCounts = ChunkCounts()

    @property
    def spent(self) -> int:
        """Attempts of this run."""
        return self.attempt - self.earlier

    @property
    def is_unfinished(self) -> bool:
        """Whether a later run has something to do for it."""
        return self.status is ChunkStatus.WAITING or (self.outcome == "stopped" and self._is_short)

    @property
    def miss_rate(self) -> float | None:
        """By its samples, on the path that lost most; None where none was taken, or none had answers to tell by."""
        return max((each.miss_rate for each in self.sampled if each.miss_rate is not None), default=None)

    def is_left(self, *, redriven: int) -> bool:
        """Whether a run has something to do for it; `redriven`: the last one that takes up what was lost before it."""
        lost = self.status in GIVEN_UP or self._is_short
        return self.is_unfinished or (lost and self.run < redriven)

    @property
    def _is_short(self) -> bool:
        """Its result was taken in, and does not cover it."""
        return self.status is ChunkStatus.INGESTED and self.counts.cells_covered < self.cells
