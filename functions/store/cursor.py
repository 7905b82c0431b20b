"""Opaque cursors of lists: where the next page starts, tied to the tenant and the query that it belongs to."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from functions.core.errors import InvalidInput

T = TypeVar("T")

MAX_POSITION = 1000
"""A sort key has at most 1,024 bytes."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next_cursor` is empty on the last page; a page may be short, or empty, and still have a next one."""

    items: tuple[T, ...]
    next_cursor: str = ""


def write_cursor(position: str, *query: object) -> str:
    """`position`: the sort key of the last item; `query`: the tenant and everything else that the list was asked with."""
    text = json.dumps([_tag(query), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *query: object) -> str:
    """The position, empty for no cursor. Raises InvalidInput for a damaged cursor or one of another list."""
    if not cursor:
        return ""
    try:
        tag, position = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise _damaged() from None
    if not isinstance(position, str) or not 0 < len(position) <= MAX_POSITION:
        raise _damaged()
    if tag != _tag(query):
        raise InvalidInput("cursor", "the cursor belongs to another list; start this list without one")
    return position


def _damaged() -> InvalidInput:
    return InvalidInput("cursor", "the cursor is damaged; start the list again without one")


def _tag(query: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(query, default=str).encode()).hexdigest()[:16]
