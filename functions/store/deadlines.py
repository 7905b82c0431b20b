"""When an exception ends: wake-up calls by time, written with what has an end, read each minute by *review*."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from functions.core.model import Id, Model, Time
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.table import Table
from functions.store.writes import Put, Range

NOTICE = timedelta(hours=24)
"""So long before an end somebody is told, where the exception is twice as long or longer."""

Ends = Literal["alert", "rules"]


class Deadline(Model):
    """A call to look at the subject again, which alone says what ends: a call for what has changed meanwhile is harmless."""

    due: Time
    kind: Ends
    project: Id
    subject: str
    """An alert's id, or `{scope}#{version}` of a rule set."""


class Deadlines:
    def __init__(self, table: Table) -> None:
        self.table = table

    def add(self, *, kind: Ends, project: str, subject: str, since: datetime, until: datetime) -> None:
        for write in calls(kind=kind, project=project, subject=subject, since=since, until=until):
            self.table.put(write.item)

    def due(self, now: datetime, *, limit: int = 100) -> tuple[Deadline, ...]:
        """Oldest first."""
        found = self.table.query(Range(keys.deadlines(), upper=f"{_text(now)}#~"), limit=limit)
        return tuple(to_model(Deadline, item) for item in found.items)

    def done(self, deadline: Deadline) -> None:
        self.table.delete(keys.deadlines(), _sort_key(deadline))


def notice_of(*, since: datetime, until: datetime) -> datetime:
    """A day before the end; halfway, where a day before would come too soon to be of use."""
    return until - min(NOTICE, (until - since) / 2)


def calls(*, kind: Ends, project: str, subject: str, since: datetime, until: datetime) -> tuple[Put, ...]:
    """The writes of both calls, for the notice and for the end, to go with the write of the subject."""
    times = (notice_of(since=since, until=until), until)
    made = (Deadline(due=at, kind=kind, project=project, subject=subject) for at in times)
    return tuple(Put(to_item(each, keys.deadlines(), _sort_key(each))) for each in made)


def _sort_key(deadline: Deadline) -> str:
    return f"{_text(deadline.due)}#{deadline.kind}#{deadline.project}#{deadline.subject}"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
