"""Writes of one chunk, several at once: a table answers each in some milliseconds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
TRIES = 5
"""Of one write that others get in the way of."""


def side_by_side(work: Callable[[T], R], items: list[T]) -> list[R]:
    """`work` of each item, several at once; the first error is raised after all have ended."""
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="writes") as pool:
        return list(pool.map(work, items))
