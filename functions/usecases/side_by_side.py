"""Writes of one chunk, several at once: a table answers each in some milliseconds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
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
        # Each in a copy of the caller's context, which says whose the writes are.
        begun = [pool.submit(copy_context().run, work, item) for item in items]
        return [each.result() for each in begun]
