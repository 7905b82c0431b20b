"""What one running chunk may send of its network's and its project's budgets."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from math import ceil

from functions.core.model import Id, Model, Time

LEAST_SHARE = 4
"""A chunk starts with a quarter of the rate that it was planned for at least: with less it would not end in time."""


class Allotment(Model):
    project: Id
    network: Id
    scan: Id
    chunk: str
    rate: int
    until: Time
    """Read by code: what a task that is gone has left behind counts no longer."""
    micros: int = 0
    """Millionths of a USD that its task may cost at most; they are held until it is seen gone, however late."""


class Budget(Model):
    """`rate`: packets a second, `tasks`: running chunks; None knows no bound."""

    network_rate: int
    rate: int | None = None
    tasks: int | None = None
    scan_micros: int | None = None
    month_micros: int | None = None
    """Millionths of a USD, for the scan and for all of the project's in this month."""

    @property
    def knows_money(self) -> bool:
        return self.scan_micros is not None or self.month_micros is not None


class Spent(Model):
    """By tasks that are gone, in millionths of a USD."""

    scan: int = 0
    month: int = 0


class Money(StrEnum):
    ENOUGH = "enough"
    HELD = "held"
    """By tasks that run and may cost less than they might."""
    GONE = "gone"


def money_for(wanted: Allotment, budget: Budget, *, spent: Spent, taken: Iterable[Allotment]) -> Money:
    """Whether one more task, at the most that it may cost, stays within the budgets whatever those that run cost."""
    others = list(taken)
    verdict = Money.ENOUGH
    for most, gone, held in (
        (budget.scan_micros, spent.scan, sum(each.micros for each in others if each.scan == wanted.scan)),
        (budget.month_micros, spent.month, sum(each.micros for each in others)),
    ):
        if most is None or gone + held + wanted.micros <= most:
            continue
        if gone + wanted.micros > most:
            return Money.GONE
        verdict = Money.HELD
    return verdict


def grant(wanted: int, budget: Budget, *, network: Id, taken: Iterable[Allotment], now: datetime) -> int:
    """The packets a second that one more chunk may send; 0: none now, so it has to wait.

    `taken`: the project's other allotments.
    """
    standing = [each for each in taken if each.until > now]
    if budget.tasks is not None and len(standing) >= budget.tasks:
        return 0
    left = [budget.network_rate - sum(each.rate for each in standing if each.network == network)]
    if budget.rate is not None:
        left.append(budget.rate - sum(each.rate for each in standing))
    wanted = min(wanted, budget.network_rate, budget.rate or wanted)
    given = min(wanted, *left)
    return given if given >= max(1, ceil(wanted / LEAST_SHARE)) else 0
