"""A scan and its life."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from functions.core.authority import LeanedOn
from functions.core.messages import PinnedHost
from functions.core.metering import Actual
from functions.core.model import Id, Model, Protocol, Time
from functions.core.network import Flapping
from functions.core.profile import Profile
from functions.core.stop import Stop
from functions.core.transitions import TransitionTable


class ScanStatus(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    """Nothing of it runs; resumed, the next run goes on with its unfinished chunks."""
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ScanEvent(StrEnum):
    START = "start"
    COMPLETE = "complete"
    END_PARTIAL = "end_partial"
    FAIL = "fail"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    REPLAN = "replan"
    """The next run of a scan that has never been planned."""
    REDRIVE = "redrive"
    """The next run of one that ended, over the chunks that are not covered."""


SCAN_TABLE = TransitionTable[ScanStatus, ScanEvent](
    "scan",
    {
        (ScanStatus.PLANNED, ScanEvent.START): ScanStatus.RUNNING,
        (ScanStatus.PLANNED, ScanEvent.FAIL): ScanStatus.FAILED,
        (ScanStatus.PLANNED, ScanEvent.CANCEL): ScanStatus.CANCELLED,
        (ScanStatus.RUNNING, ScanEvent.COMPLETE): ScanStatus.COMPLETED,
        (ScanStatus.RUNNING, ScanEvent.END_PARTIAL): ScanStatus.PARTIAL,
        (ScanStatus.RUNNING, ScanEvent.FAIL): ScanStatus.FAILED,
        (ScanStatus.RUNNING, ScanEvent.CANCEL): ScanStatus.CANCELLED,
        (ScanStatus.PLANNED, ScanEvent.PAUSE): ScanStatus.PAUSED,
        (ScanStatus.RUNNING, ScanEvent.PAUSE): ScanStatus.PAUSED,
        (ScanStatus.PAUSED, ScanEvent.RESUME): ScanStatus.RUNNING,
        (ScanStatus.PAUSED, ScanEvent.REPLAN): ScanStatus.PLANNED,
        (ScanStatus.PAUSED, ScanEvent.CANCEL): ScanStatus.CANCELLED,
        (ScanStatus.PAUSED, ScanEvent.FAIL): ScanStatus.FAILED,
        (ScanStatus.PARTIAL, ScanEvent.REDRIVE): ScanStatus.RUNNING,
        (ScanStatus.FAILED, ScanEvent.REDRIVE): ScanStatus.RUNNING,
        (ScanStatus.FAILED, ScanEvent.REPLAN): ScanStatus.PLANNED,
    },
)

AT_WORK = frozenset({ScanStatus.PLANNED, ScanStatus.RUNNING})
"""A workflow is to be there for it."""
LIVE = AT_WORK | {ScanStatus.PAUSED}
"""It has not ended, and its network is taken."""
REDRIVABLE = SCAN_TABLE.sources(ScanEvent.REDRIVE)


class CellRef(Model):
    """One cell that a confirmation looks at again."""

    asset: str
    protocol: Protocol
    port: int = Field(ge=0, le=65535)


class Known(Model):
    """What the inventory had of the whole network when the scan was planned."""

    hosts: int = Field(ge=0)
    open_ports: int = Field(ge=0)
    unnamed: int = Field(default=0, ge=0)
    """Of the open ports: those whose service a longer look may yet name."""


class Snapshot(Model):
    """The network as it stood when the scan was asked for; `targets`, `ports` may be a part of the network's."""

    targets: tuple[str, ...]
    exclusions: tuple[str, ...] = ()
    ports: str
    protocols: tuple[Protocol, ...]
    profile: Profile
    rate: int
    deadline_minutes: int | None = None
    """What its plan is expected to need at most; None: as cheap as can be without much delay."""
    known: Known | None = None
    """By which chunks are cut, once for all runs; None: nothing, or a part of the network is scanned, and a guess does."""
    misses_to_close: int = 2
    reopen_window_hours: int = 168
    flapping: Flapping = Flapping()
    hosts: tuple[PinnedHost, ...] = ()
    """Hostnames as resolved at plan, pinned for the scan; empty before."""
    authorities: tuple[LeanedOn, ...] = ()
    """What allows it; none where loopback alone is scanned."""
    cells: tuple[CellRef, ...] = Field(default=(), max_length=1000)
    """Of a confirmation: these and nothing else; `targets` and `ports` only bound them."""


class ScanCounts(Model):
    chunks: int = 0
    chunks_ingested: int = 0
    chunks_failed: int = 0
    cells: int = 0
    cells_covered: int = 0
    open_ports: int = 0
    hosts_up: int = 0
    opened: int = 0
    reopened: int = 0
    changed: int = 0
    closed: int = 0
    baseline: int = 0
    """Exposures opened by the first coverage of their cell."""
    miss_rate: float | None = Field(default=None, ge=0, le=1)
    """The share of open ports that probing samples again leaves to be missed, over the chunks whose samples had answers; None where none had."""
    cells_untold: int = 0
    """Of chunks that were sampled and had no answers to tell a share by."""


class Cause(Model):
    """Why a scan exists. `key` makes its id: an idempotency key, a scheduled time, or the request's own id."""

    kind: Literal["api", "schedule", "confirm"]
    principal: str = Field(max_length=128)
    key: str = Field(max_length=256)


ScanKind = Literal["scan", "confirm"]


def without_cells(snapshot: Snapshot) -> Snapshot:
    """For lists, where a thousand cells a scan would not fit."""
    return snapshot.model_copy(update={"cells": ()}) if snapshot.cells else snapshot


class Scan(Model):
    id: Id
    project: Id
    network: Id
    kind: ScanKind = "scan"
    """A confirmation looks at some open cells again and does not count as the network's live scan."""
    cause: Cause
    snapshot: Snapshot
    status: ScanStatus = ScanStatus.PLANNED
    run: int = Field(default=1, ge=1)
    stop: Stop | Literal[""] = ""
    """What was asked of a scan at work; workers see it within seconds through the ledger. Of a paused one: what paused it."""
    stop_asked: Time | None = None
    """When; a workflow that has not obeyed in time is aborted."""
    stop_why: str = Field(default="", max_length=256)
    """Who asked, and why, for people."""
    paused: Time | None = None
    resume_at: Time | None = None
    """When a paused scan goes on by itself; None where somebody must resume it."""
    resumed: Time | None = None
    """When its present run was asked for, if it is not the first."""
    redriven: int = Field(default=0, ge=0)
    """The last run that took up what earlier ones had lost; 0 where none has."""
    counts: ScanCounts = ScanCounts()
    reason: str = Field(default="", max_length=512)
    actual: Actual | None = None
    """What it has used and cost, from its end on, or from its last pause; None where nobody has counted."""
    created: Time
    started: Time | None = None
    ended: Time | None = None
    version: int = Field(default=1, ge=1)
