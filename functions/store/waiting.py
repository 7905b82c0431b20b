"""Cells whose alerts wait for a second look, by the scan that opened them: what its confirmation is made of."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from functions.core.scan import CellRef
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.table import Table
from functions.store.writes import Range

LIFE = timedelta(days=14)
"""A scan is confirmed when it ends; what was missed then is confirmed by the next one."""


class Waiting:
    def __init__(self, table: Table) -> None:
        self.table = table

    def add(self, project: str, scan: str, cell: CellRef, *, now: datetime) -> None:
        sort_key = keys.exposure(cell.asset, cell.protocol, cell.port)
        expires = int((now + LIFE).timestamp())
        self.table.put(to_item(cell, keys.waiting(project, scan), sort_key, expires=expires))

    def of_scan(self, project: str, scan: str, *, limit: int = 1000) -> Iterator[CellRef]:
        """The first so many, by address."""
        found = self.table.query(Range(keys.waiting(project, scan)), limit=limit)
        return (to_model(CellRef, item) for item in found.items)
