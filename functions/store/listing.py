"""A page of one partition of the table or of an index."""

from collections.abc import Callable
from typing import TypeVar

from functions.core.model import Model
from functions.store import keys
from functions.store.attributes import to_model
from functions.store.cursor import Page, read_cursor, write_cursor
from functions.store.table import Key, Table
from functions.store.writes import Range

M = TypeVar("M", bound=Model)

EVALUATED = 500
"""The most items that one request of a filtered list looks at."""


def list_page(
    table: Table,
    kind: type[M],
    span: Range,
    *,
    limit: int,
    cursor: str,
    base_key: Callable[[str], Key] | None = None,
    match: Callable[[M], bool] | None = None,
    query: str = "",
) -> Page[M]:
    """`base_key` gives the table's key of an index entry by its sort key; `query` names what `match` looks for.

    Raises InvalidInput for a cursor of another list.
    """
    position = read_cursor(cursor, span.pk, query)
    found = table.query(_from(span, position, base_key), limit=limit if match is None else max(limit, EVALUATED))
    kept: list[M] = []
    for index, item in enumerate(found.items):
        model = to_model(kind, item)
        if match is None or match(model):
            kept.append(model)
        if len(kept) == limit:
            more = found.more or index + 1 < len(found.items)
            return Page(tuple(kept), write_cursor(_position(span, item), span.pk, query) if more else "")
    last = found.items[-1] if found.items and found.more else None
    return Page(tuple(kept), write_cursor(_position(span, last), span.pk, query) if last else "")


def _from(span: Range, position: str, base_key: Callable[[str], Key] | None) -> Range:
    if not position:
        return span
    start = {f"{span.index}{keys.PK}": span.pk, f"{span.index}{keys.SK}": position}
    if base_key is not None:
        pk, sk = base_key(position)
        start |= {keys.PK: pk, keys.SK: sk}
    return Range(span.pk, span.lower, span.upper, span.index, span.forward, start)


def _position(span: Range, item: dict[str, str]) -> str:
    return item[f"{span.index}{keys.SK}"]
