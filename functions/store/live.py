"""The live view: events of a topic, WebSocket connections and what they subscribe to; all of it expires."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from functions.core.errors import InvalidInput, NotFound
from functions.core.ids import derived_id, is_id, time_of
from functions.core.messages import Event
from functions.core.model import Model, Time
from functions.core.token import Principal
from functions.store import keys
from functions.store.attributes import Item, to_item, to_model
from functions.store.conditions import EXISTS
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Delete, Put, Range

OVERLAP = timedelta(seconds=30)
"""How much a replay reads again: writers' clocks differ, and an event carries the time of what it tells, which a stream
that lags or a step that is retried writes later than a younger one."""

EVENT_LIFE = timedelta(days=7)
CONNECTION_LIFE = timedelta(hours=2, minutes=5)
"""API Gateway ends a connection after two hours."""

_META = "META"
_FIRST_SUBSCRIPTION, _LAST_SUBSCRIPTION = "SUB#", "SUB#~"


class Connection(Model):
    id: str
    principal: Principal
    connected: Time


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Live:
    def __init__(self, table: Table, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self.table = table
        self._clock = clock

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

    def connect(self, connection_id: str, principal: Principal, now: datetime) -> None:
        connection = Connection(id=connection_id, principal=principal, connected=now)
        pk = keys.connection(connection_id)
        self.table.put(to_item(connection, pk, _META, **_expiry(now + CONNECTION_LIFE)))

    def connection(self, connection_id: str) -> Connection:
        """Raises NotFound when it is gone or has expired."""
        item = self.table.find(keys.connection(connection_id), _META)
        if item is None or self._expired(item):
            raise NotFound(f"there is no connection {connection_id}")
        return to_model(Connection, item)

    def disconnect(self, connection_id: str) -> None:
        """Ends its subscriptions too. Ending what has ended is no error."""
        pk = keys.connection(connection_id)
        own = list(self.table.all(Range(pk, _FIRST_SUBSCRIPTION, _LAST_SUBSCRIPTION)))
        gone = [(keys.subscribers(item["project"], item["topic"]), connection_id) for item in own]
        self.table.batch_delete([*gone, *((pk, item[keys.SK]) for item in own), (pk, _META)])

    def subscribe(self, connection_id: str, project: str, topic: str, pending: bool = True) -> None:
        """Raises NotFound when the connection is gone."""
        expiry = _expiry(self.connection(connection_id).connected + CONNECTION_LIFE)
        fields = {"connection": connection_id, "project": project, "topic": topic, **expiry}
        listed = {keys.PK: keys.subscribers(project, topic), keys.SK: connection_id, "pending": pending}
        owned = {keys.PK: keys.connection(connection_id), keys.SK: keys.subscription(topic)}
        self.table.transact((Put({**fields, **listed}), Put({**fields, **owned})))

    def activate(self, connection_id: str, project: str, topic: str) -> None:
        """Snapshot and replay are posted. A subscription that ended meanwhile stays ended."""
        try:
            self.table.update(keys.subscribers(project, topic), connection_id, {"pending": False}, EXISTS)
        except ConditionFailed:
            return

    def unsubscribe(self, connection_id: str, project: str, topic: str) -> None:
        listed = Delete(keys.subscribers(project, topic), connection_id)
        self.table.transact((listed, Delete(keys.connection(connection_id), keys.subscription(topic))))

    def subscribers(self, project: str, topic: str, *, active: bool = False) -> tuple[str, ...]:
        """The connections that listen now; `active`: without those whose snapshot and replay are not posted yet."""
        items = self.table.all(Range(keys.subscribers(project, topic)))
        return tuple(item[keys.SK] for item in items if not self._expired(item) and not (active and item["pending"]))

    def _expired(self, item: Item) -> bool:
        return int(item[keys.EXPIRES]) <= self._clock().timestamp()


def _before(at: datetime) -> str:
    """Sorts before every id of that millisecond: a ULID begins with its time in ten characters."""
    return derived_id(at)[:10]


def _expiry(at: datetime) -> dict[str, Any]:
    return {keys.EXPIRES: int(at.timestamp())}
