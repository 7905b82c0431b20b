"""What running chunks may send: one item each, taken under the version of all of a project's together."""

import random
import time
from collections.abc import Callable
from datetime import datetime

from functions.core.allotment import Allotment, Budget, Money, Spent, grant, money_for
from functions.core.errors import Conflict, Unavailable
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import ANYTHING, new_or_attribute_is, version_is
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Put, Range, Update

_TRIES = 10
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 3.0
"""Between tries, at random up to so much and twice as much each time: hundreds of lanes that begin together part this way."""
_LAST = "~"
"""Sorts after every chunk's number."""


class OverBudget(Conflict):
    """Of money: nothing more of the scan may start."""


class Allotments:
    """`sleep` waits between tries; `chance` gives a number from 0 to 1."""

    def __init__(
        self,
        table: Table,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.table = table
        self._sleep = sleep
        self._chance = chance

    def take(self, wanted: Allotment, budget: Budget, *, now: datetime) -> int:
        """The rate that is granted; 0 where there is none now. Asked again for the same chunk, its own is not counted.

        Raises OverBudget where the task might cost more than what is left whatever others cost, Unavailable where others keep taking at the same time.
        """
        for tried in range(_TRIES):
            version, others = self._read(wanted)
            rate = grant(wanted.rate, budget, network=wanted.network, taken=others, now=now)
            if not rate or not self._affords(wanted, budget, others, now):
                return 0
            try:
                self._write(wanted.model_copy(update={"rate": rate}), version)
            except ConditionFailed:
                self._sleep(self._chance() * min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**tried))
                continue
            return rate
        raise Unavailable("other chunks keep taking from the same budget")

    def _affords(self, wanted: Allotment, budget: Budget, others: tuple[Allotment, ...], now: datetime) -> bool:
        """What was spent is read after what is held: a task that ends between counts twice and not never."""
        if not budget.knows_money:
            return True
        money = money_for(wanted, budget, spent=self.spent(wanted.project, wanted.scan, at=now), taken=others)
        if money is Money.GONE:
            raise OverBudget(
                "the next task might cost more than what is left for the scan, or for its project this month"
            )
        return money is Money.ENOUGH

    def spent(self, project: str, scan: str, *, at: datetime) -> Spent:
        found = [self.table.find(keys.spent(project), sk) or {} for sk in _spent(scan, at)]
        by_scan, in_month = (int(item.get("micros", 0)) for item in found)
        return Spent(scan=by_scan, month=in_month)

    def spend(self, project: str, scan: str, micros: int, *, at: datetime) -> None:
        """A task is gone and cost so much."""
        pk = keys.spent(project)
        self.table.transact([Update(pk, sk, {}, ANYTHING, add={"micros": micros}) for sk in _spent(scan, at)])

    def list(self, project: str) -> tuple[Allotment, ...]:
        """As many as there are running chunks; those that have run out too."""
        items = self.table.all(Range(keys.budget(project), upper=keys.allotment(_LAST)))
        return tuple(to_model(Allotment, item) for item in items if item[keys.SK] != keys.BUDGET_TOTAL)

    def release(self, project: str, scan: str, chunk: str) -> None:
        """Releasing what is not taken is no error."""
        self.table.delete(keys.budget(project), keys.allotment(scan, chunk))

    def release_scan(self, project: str, scan: str) -> None:
        span = Range(keys.budget(project), keys.allotment(scan), keys.allotment(scan, _LAST))
        for item in self.table.all(span):
            self.table.delete(keys.budget(project), str(item[keys.SK]))

    def _read(self, wanted: Allotment) -> tuple[int, tuple[Allotment, ...]]:
        """The version first: what is taken after it was read makes the write fail."""
        total = self.table.find(keys.budget(wanted.project), keys.BUDGET_TOTAL)
        mine = (wanted.scan, wanted.chunk)
        others = tuple(each for each in self.list(wanted.project) if (each.scan, each.chunk) != mine)
        return (int(total["version"]) if total else 0), others

    def _write(self, taken: Allotment, version: int) -> None:
        pk = keys.budget(taken.project)
        item = to_item(taken, pk, keys.allotment(taken.scan, taken.chunk))
        as_read = version_is(version) if version else new_or_attribute_is("version", version)
        total = Update(pk, keys.BUDGET_TOTAL, {"version": version + 1}, as_read)
        self.table.transact((total, Put({**item, keys.EXPIRES: int(taken.until.timestamp())})))


def _spent(scan: str, at: datetime) -> tuple[str, str]:
    return keys.spent_by_scan(scan), keys.spent_in_month(f"{at:%Y-%m}")
