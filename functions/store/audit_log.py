"""The audit log as it is read: a project's entries, and the records of an hour for those who seal and verify."""

from collections.abc import Iterator
from datetime import datetime

from functions.core.audit import AuditEntry
from functions.core.ids import derived_id, time_of
from functions.store import keys
from functions.store.attributes import Item
from functions.store.cursor import Page, read_cursor, write_cursor
from functions.store.listing import list_page
from functions.store.table import Table
from functions.store.writes import Range

_LAST = "~"


class AuditLog:
    def __init__(self, table: Table) -> None:
        self.table = table

    def list(
        self,
        project: str,
        *,
        principal: str = "",
        subject: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        cursor: str = "",
    ) -> Page[AuditEntry]:
        """Newest first; `project` empty: what belongs to the organisation. `subject`: a noun, or a thing's id."""

        def matches(entry: AuditEntry) -> bool:
            return principal in ("", entry.principal, entry.name) and subject in ("", entry.subject, entry.subject_id)

        lower = derived_id(since)[:10] if since else None
        upper = derived_id(until)[:10] + _LAST if until else None
        return list_page(
            self.table,
            AuditEntry,
            Range(keys.audit(project), lower, upper, index=keys.GSI1, forward=False),
            limit=limit,
            cursor=cursor,
            base_key=lambda entry: (keys.audit_hour(time_of(entry)), entry),
            match=matches if principal or subject else None,
            query=f"{principal}#{subject}#{since}#{until}",
        )

    def records(self, hour: datetime, *, limit: int, cursor: str = "") -> Page[Item]:
        """All that the table holds of an hour, of every project, oldest first, each item whole, as it is kept."""
        pk = keys.audit_hour(hour)
        position = read_cursor(cursor, pk)
        start = {keys.PK: pk, keys.SK: position} if position else {}
        found = self.table.query(Range(pk, start=start), limit=limit)
        last = found.items[-1][keys.SK] if found.items and found.more else ""
        return Page(tuple(found.items), write_cursor(last, pk) if last else "")

    def all_records(self, hour: datetime) -> Iterator[Item]:
        return self.table.all(Range(keys.audit_hour(hour)))

    def first(self) -> datetime | None:
        """When the organisation's log begins: with the first token or owner, before whom nobody can do anything."""
        found = self.table.query(Range(keys.audit(""), index=keys.GSI1), limit=1)
        return time_of(found.items[0][keys.SK]) if found.items else None
