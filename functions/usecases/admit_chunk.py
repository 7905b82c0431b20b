"""The gate before every task: whether a chunk may start now, at which rate, and until when it may send."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from functions.core.allotment import Allotment, Budget
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import IllegalTransition, NotFound, StaleVersion, Superseded, Unavailable
from functions.core.network import Network
from functions.core.scan import Scan, ScanStatus
from functions.core.stop import Stop
from functions.core.window import next_close, next_open
from functions.store.allotments import Allotments
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.scans import Scans

FIRST_WAIT_S, LONGEST_WAIT_S = 5, 300
MOST_WAITS = 12
"""Some 35 minutes in all; then the scan is paused for a while, so that a row of chunks does not outgrow its history."""


class Decision(StrEnum):
    GO = "go"
    WAIT = "wait"
    HOLD = "hold"
    """The scan is stopped: the chunk goes on waiting, for the next run or for the end."""
    JUDGE = "judge"
    """It does not wait: what became of it is for *Judge attempt* to say."""


@dataclass(frozen=True)
class Admission:
    decision: Decision
    seconds: int = 0
    waits: int = 0


HOLD = Admission(Decision.HOLD)


@dataclass(frozen=True, kw_only=True)
class AdmitChunk:
    """`task_s`: seconds after which a task that was let go is gone in any case."""

    scans: Scans
    ledger: Ledger
    networks: Networks
    projects: Projects
    allotments: Allotments
    task_s: int

    def __call__(self, *, project: str, scan: str, run: int, chunk: str, waits: int, now: datetime) -> Admission:
        """`waits`: how often this chunk was told to wait before. Raises NotFound, Unavailable."""
        found, of = self.ledger.get(project, scan, chunk), self.scans.get(project, scan)
        if (of.status, of.run) != (ScanStatus.RUNNING, run):
            return HOLD
        if found.status is not ChunkStatus.WAITING:
            return Admission(Decision.JUDGE)
        if of.stop or (asked := self.ledger.stop_requested(project, scan, run=run)):
            if not of.stop and asked in set(Stop):
                self._stop(of, Stop(asked), "", now)
            return HOLD
        network = self.networks.get(project, of.network)
        if network.window and next_open(network.window, now) != now:
            self._stop(of, Stop.WINDOW, "the hours in which the network may be scanned are over", now)
            return HOLD
        closes = next_close(network.window, now) if network.window else None
        rate = self._take(found, network, now)
        if not rate:
            return self._wait(of, waits, now)
        return self._go(found, rate, closes)

    def _go(self, chunk: Chunk, rate: int, closes: datetime | None) -> Admission:
        try:
            self.ledger.admit(chunk, rate=rate, not_after=closes)
        except Superseded:
            return Admission(Decision.JUDGE)
        return Admission(Decision.GO)

    def _take(self, chunk: Chunk, network: Network, now: datetime) -> int:
        """0 where the budgets have none left, or too many take at once."""
        limits = self.projects.limits(chunk.project)
        budget = Budget(network_rate=network.rate, rate=limits.rate, tasks=limits.max_tasks)
        wanted = Allotment(
            project=chunk.project,
            network=network.id,
            scan=chunk.scan,
            chunk=chunk.chunk,
            rate=chunk.rate or network.rate,
            until=now + timedelta(seconds=self.task_s),
        )
        try:
            return self.allotments.take(wanted, budget, now=now)
        except Unavailable:
            return 0

    def _wait(self, scan: Scan, waits: int, now: datetime) -> Admission:
        if waits >= MOST_WAITS:
            self._stop(scan, Stop.BUDGET, "the budgets of project and network left no packets to send", now)
            return HOLD
        seconds = min(FIRST_WAIT_S * 2**waits, LONGEST_WAIT_S)
        return Admission(Decision.WAIT, seconds, waits + 1)

    def _stop(self, scan: Scan, stop: Stop, why: str, now: datetime) -> None:
        """The rest of the scan's chunks are held without a look at clock or budget; running ones see to it themselves."""
        try:
            self.scans.request_stop(scan, stop, now=now, why=why)
        except (IllegalTransition, NotFound, StaleVersion):
            return  # it ended, or is in another run: the chunk is held all the same
