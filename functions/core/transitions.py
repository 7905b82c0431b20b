"""State changes as data: a table of (status, event) -> status."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from functions.core.errors import IllegalTransition

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class TransitionTable(Generic[S, E]):
    def __init__(self, noun: str, rows: Mapping[tuple[S, E], S]) -> None:
        self.noun = noun
        self.rows = dict(rows)

    def after(self, status: S, event: E) -> S:
        """The status that `event` leads to. Raises IllegalTransition where the table has no row."""
        try:
            return self.rows[status, event]
        except KeyError:
            raise IllegalTransition(f"a {self.noun} that is {status} cannot {event}") from None

    def sources(self, event: E) -> frozenset[S]:
        """The statuses from which `event` is allowed: the condition of its write."""
        return frozenset(status for status, happened in self.rows if happened == event)
