"""The gate before every task: whether a chunk may start now, at which rate, and until when it may send."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from functions.core.allotment import Allotment, Budget
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import IllegalTransition, InvalidInput, NotFound, StaleVersion, Superseded, Unavailable
from functions.core.network import Network
from functions.core.prices import Machine, price_list
from functions.core.scan import Scan, ScanStatus
from functions.core.stop import Stop
from functions.core.task_cost import most_micros
from functions.core.window import next_close, next_open
from functions.store.allotments import Allotments, OverBudget
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.scans import Scans
from functions.usecases.authority_still_holds import AuthorityStillHolds

FIRST_WAIT_S, LONGEST_WAIT_S = 5, 300
MOST_WAITS = 12
"""Some 35 minutes in all; then the scan is paused for a while, so that a row of chunks does not outgrow its history."""


ON_DEMAND, SPOT = "FARGATE", "FARGATE_SPOT"


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
    capacity: str = ON_DEMAND
    """The provider of it, where the stage asks for one."""


HOLD = Admission(Decision.HOLD)


@dataclass(frozen=True, kw_only=True)
class AdmitChunk:
    """`task_s`: seconds after which a task that was let go is gone in any case."""

    scans: Scans
    ledger: Ledger
    networks: Networks
    projects: Projects
    allotments: Allotments
    authority_still_holds: AuthorityStillHolds
    task_s: int
    machine: Machine

    def __call__(self, *, project: str, scan: str, run: int, chunk: str, waits: int, now: datetime) -> Admission:
        """`waits`: how often this chunk was told to wait before. Raises NotFound, Unavailable."""
        found, of = self.ledger.get(project, scan, chunk), self.scans.get(project, scan)
        if (of.status, of.run) != (ScanStatus.RUNNING, run):
            return HOLD
        if found.status is not ChunkStatus.WAITING:
            return Admission(Decision.JUDGE)
        network = self.networks.get(project, of.network)
        try:
            if self._held(of, network, now):
                return HOLD
        except Unavailable as error:
            return self._wait(of, waits, error.message, now)
        return self._let_in(of, found, network, waits, now)

    def _let_in(self, scan: Scan, chunk: Chunk, network: Network, waits: int, now: datetime) -> Admission:
        try:
            rate = self._take(scan, chunk, network, now)
        except (OverBudget, InvalidInput) as error:
            self._stop(scan, Stop.MONEY, error.message, now)
            return HOLD
        except Unavailable as error:
            # Others were let in meanwhile: it is soon this one's turn.
            return self._wait(scan, waits, error.message, now, seconds=FIRST_WAIT_S + int(chunk.chunk) % FIRST_WAIT_S)
        if rate:
            return self._go(chunk, network, rate, now)
        return self._wait(scan, waits, "the budgets of project and network left no packets to send", now)

    def _held(self, scan: Scan, network: Network, now: datetime) -> bool:
        """Whether nothing of the scan may start; from then on it is asked to stop. Raises Unavailable."""
        if scan.stop:
            return True
        if asked := self.ledger.stop_requested(scan.project, scan.id, run=scan.run):
            if asked in set(Stop):
                self._stop(scan, Stop(asked), "", now)
        elif lost := self.authority_still_holds(scan, now=now):
            self._stop(scan, Stop.AUTHORITY, lost, now)
        elif network.window and next_open(network.window, now) != now:
            self._stop(scan, Stop.WINDOW, "the hours in which the network may be scanned are over", now)
        else:
            return False
        return True

    def _go(self, chunk: Chunk, network: Network, rate: int, now: datetime) -> Admission:
        closes = next_close(network.window, now) if network.window else None
        try:
            self.ledger.admit(chunk, rate=rate, not_after=closes, now=now, spot=self._on_spot(chunk))
        except Superseded:
            return Admission(Decision.JUDGE)
        return Admission(Decision.GO, capacity=SPOT if self._on_spot(chunk) else ON_DEMAND)

    def _on_spot(self, chunk: Chunk) -> bool:
        """Once in each run: what spare capacity did not do, or was not there for, is done on demand."""
        return self.machine.spot and not chunk.spent and not chunk.taken_back

    def _take(self, scan: Scan, chunk: Chunk, network: Network, now: datetime) -> int:
        """0 where the budgets have none left. Raises Unavailable where too many take at once."""
        limits = self.projects.limits(chunk.project)
        budget = Budget(
            network_rate=network.rate,
            rate=limits.rate,
            tasks=limits.max_tasks,
            scan_micros=_micros(limits.usd_a_scan),
            month_micros=_micros(limits.usd_a_month),
        )
        rate = chunk.rate or network.rate
        micros = 0
        if budget.knows_money or self.machine.region in price_list().regions():  # a bound may be set while it runs
            micros = most_micros(chunk, scan.snapshot, self.machine, rate=rate, seconds=self.task_s)
        wanted = Allotment(
            project=chunk.project,
            network=network.id,
            scan=chunk.scan,
            chunk=chunk.chunk,
            rate=rate,
            until=now + timedelta(seconds=self.task_s),
            micros=micros,
        )
        return self.allotments.take(wanted, budget, now=now)

    def _wait(self, scan: Scan, waits: int, why: str, now: datetime, *, seconds: int = 0) -> Admission:
        """`seconds`: how long, where what it waits for is known to be short."""
        if waits >= MOST_WAITS:
            self._stop(scan, Stop.BUDGET, why, now)
            return HOLD
        seconds = seconds or min(FIRST_WAIT_S * 2**waits, LONGEST_WAIT_S)
        return Admission(Decision.WAIT, seconds, waits + 1)

    def _stop(self, scan: Scan, stop: Stop, why: str, now: datetime) -> None:
        """The rest of the scan's chunks are held without a look at clock or budget. Running ones are asked where an authority
        is lost; they see to all else themselves.
        """
        if stop is Stop.AUTHORITY:
            self.ledger.request_stop(scan.project, scan.id, stop, run=scan.run)
        try:
            self.scans.request_stop(scan, stop, now=now, why=why)
        except (IllegalTransition, NotFound, StaleVersion):
            return  # it ended, or is in another run: the chunk is held all the same


def _micros(usd: float | None) -> int | None:
    """Of a bound; None is none."""
    return None if usd is None else round(usd * 1_000_000)
