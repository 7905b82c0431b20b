"""A bounded page over several ranges, one after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from functions.core.errors import InvalidInput
from functions.core.model import Model
from functions.store import keys
from functions.store.attributes import Item
from functions.store.cursor import Page, read_cursor, write_cursor
from functions.store.table import Key, Table
from functions.store.writes import Range

M = TypeVar("M", bound=Model)

EVALUATED = 500
"""The most items that one request looks at; it answers a short page with a cursor then."""
_AT_ONCE = 100
"""So many are read at a time where not all that is read is wanted."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """`base_key` gives the table's key of an index entry by its sort key; `query` is all that the list was asked with."""

    table: Table
    spans: Sequence[Range]
    base_key: Callable[[str], Key]
    query: tuple[object, ...]

    def page(self, read: Callable[[Item], M | None], *, limit: int, cursor: str) -> Page[M]:
        """`read` makes a model of an item, or None of one that is not wanted. Raises InvalidInput for a cursor of another list."""
        number, after = self._position(cursor)
        kept: list[M] = []
        budget = EVALUATED
        while number < len(self.spans) and budget > 0:
            span = self.spans[number]
            found = self.table.query(self._from(span, after), limit=min(budget, max(limit - len(kept), _AT_ONCE)))
            budget -= max(len(found.items), 1)
            for index, item in enumerate(found.items):
                model = read(item)
                if model is not None:
                    kept.append(model)
                after = str(item[f"{span.index}{keys.SK}"])
                if len(kept) == limit and (found.more or index + 1 < len(found.items)):
                    return Page(tuple(kept), self._cursor(number, after))
            if not found.more:
                number, after = number + 1, ""
            if len(kept) == limit:
                break
        return Page(tuple(kept), self._cursor(number, after))

    def _from(self, span: Range, after: str) -> Range:
        if not after:
            return span
        start = {f"{span.index}{keys.PK}": span.pk, f"{span.index}{keys.SK}": after}
        if span.index:
            pk, sk = self.base_key(after)
            start |= {keys.PK: pk, keys.SK: sk}
        return replace(span, start=start)

    def _position(self, cursor: str) -> tuple[int, str]:
        text = read_cursor(cursor, *self.query)
        if not text:
            return 0, ""
        number, _, after = text.partition(":")
        if not number.isascii() or not number.isdigit() or int(number) >= len(self.spans):
            raise InvalidInput("cursor", "the cursor is damaged; start the list again without one")
        return int(number), after

    def _cursor(self, number: int, after: str) -> str:
        return write_cursor(f"{number}:{after}", *self.query) if number < len(self.spans) else ""
