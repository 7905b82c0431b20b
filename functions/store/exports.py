"""Exports that were asked for, and what became of them."""

from datetime import datetime
from typing import Any

from functions.core.errors import AlreadyExists, NotFound, StaleVersion
from functions.core.export import Export, ExportStatus
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, version_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range


class Exports:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, export: Export) -> None:
        """Raises AlreadyExists."""
        forgotten = {keys.EXPIRES: int(export.until.timestamp())}
        try:
            self.table.put(to_item(export, keys.exports(export.project), export.id, **forgotten), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("the export was asked for already", current=failure.public(Export)) from None

    def get(self, project: str, export: str, *, now: datetime) -> Export:
        """Raises NotFound, also for one whose time is over."""
        item = self.table.find(keys.exports(project), export)
        found = to_model(Export, item) if item else None
        if found is None or found.until <= now:
            raise NotFound(f"there is no export {export} in this project")
        return found

    def list(self, project: str, *, now: datetime, limit: int = 100, cursor: str = "") -> Page[Export]:
        """Newest first."""
        return list_page(
            self.table,
            Export,
            Range(keys.exports(project), forward=False),
            limit=limit,
            cursor=cursor,
            match=lambda export: export.until > now,
        )

    def begin(self, export: Export) -> Export:
        """Raises StaleVersion where somebody else writes it."""
        return self._changed(export, status=ExportStatus.RUNNING, rows=0, size=0, reason="", ended=None)

    def finish(self, export: Export, *, rows: int, size: int, now: datetime) -> Export:
        """Raises StaleVersion."""
        return self._changed(export, status=ExportStatus.DONE, rows=rows, size=size, ended=now)

    def fail(self, export: Export, *, reason: str, now: datetime) -> Export:
        """Raises StaleVersion."""
        return self._changed(export, status=ExportStatus.FAILED, reason=reason[:512], ended=now)

    def _changed(self, export: Export, **changes: Any) -> Export:
        after = Export.model_validate({**dict(export), **changes, "version": export.version + 1})
        fields = after.model_dump(mode="json")
        values = {name: fields[name] for name in (*changes, "version")}
        try:
            self.table.update(keys.exports(export.project), export.id, values, version_is(export.version))
        except ConditionFailed as failure:
            if failure.item is None:
                raise NotFound(f"there is no export {export.id} in this project") from None
            raise StaleVersion("the export changed meanwhile", current=failure.public(Export)) from None
        return after
