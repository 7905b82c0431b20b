"""What one running chunk may send of its network's and its project's budgets."""

from collections.abc import Iterable
from datetime import datetime
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


class Budget(Model):
    """`rate`: packets a second, `tasks`: running chunks; None knows no bound."""

    network_rate: int
    rate: int | None = None
    tasks: int | None = None


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
