"""Live events of a topic, as they are told, replayed and kept as a log for a while."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from functions.core.errors import InvalidInput
from functions.core.ids import derived_id, is_id, time_of
from functions.core.messages import Event
from functions.store import keys
from functions.store.attributes import to_item
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import Table
from functions.store.writes import Range

OVERLAP = timedelta(seconds=30)
"""How much a replay reads again: writers' clocks differ, and an event carries the time of what it tells, which a stream
that lags or a step that is retried writes later than a younger one."""

EVENT_LIFE = timedelta(days=7)


class Live:
    def __init__(self, table: Table) -> None:
        self.table = table

    def publish(self, event: Event) -> None:
        """The same event again changes nothing."""
        pk = keys.events(event.project, event.topic)
        self.table.put(to_item(event, pk, event.id, **_expiry(event.time + EVENT_LIFE)))

    def replay(
        self, project: str, topic: str, *, since: str | None = None, limit: int = 100, cursor: str = ""
    ) -> Page[Event]:
        """Events of a topic, oldest first, from a little before the event `since`, or from the first that is kept.

        Raises InvalidInput for what is no event id.
        """
        if since and not is_id(since):
            raise InvalidInput("since", "this is not the id of an event")
        lower = _before(time_of(since) - OVERLAP) if since else None
        span = Range(keys.events(project, topic), lower=lower)
        return list_page(self.table, Event, span, limit=limit, cursor=cursor)

    def forget(self, project: str, topic: str, *, most: int) -> bool:
        """Removes events before their time, at most `most` at once; whether nothing is left."""
        pk = keys.events(project, topic)
        some = [(pk, str(item[keys.SK])) for item in islice(self.table.all(Range(pk)), most)]
        self.table.batch_delete(some)
        return len(some) < most


def _before(at: datetime) -> str:
    """Sorts before every id of that millisecond: a ULID begins with its time in ten characters."""
    return derived_id(at)[:10]


def _expiry(at: datetime) -> dict[str, Any]:
    return {keys.EXPIRES: int(at.timestamp())}
