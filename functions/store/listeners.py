"""Who listens to live events: WebSocket connections, what they subscribe to, whose they are, and whose are to be closed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from functions.core.errors import NotFound, TooManyRequests, Unavailable
from functions.core.ids import new_id
from functions.core.model import Id, Model, Time
from functions.core.token import Principal
from functions.store import keys
from functions.store.attributes import Item, to_item, to_model
from functions.store.conditions import EXISTS, Condition, attribute_is
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Delete, Put, Range

CONNECTION_LIFE = timedelta(hours=2, minutes=5)
"""API Gateway ends a connection after two hours."""
SHUT_LIFE = timedelta(days=1)
"""Longer than a stream keeps a record."""

_META = "META"
_FIRST_SUBSCRIPTION, _LAST_SUBSCRIPTION = "SUB#", "SUB#~"
_TRIES = 4


class Connection(Model):
    """`until`: when the credential that opened it ends, or the connection itself does; nothing is told beyond it."""

    id: str
    principal: Principal
    project: Id
    connected: Time
    until: Time
    minute: int = 0
    """The one that `frames` are counted of, in minutes since the epoch."""
    frames: int = 0


class Shut(Model):
    """Close what a principal has open; in one project where one is named, everywhere else."""

    principal: str
    project: Id | Literal[""] = ""
    why: str


class Audience(NamedTuple):
    """The connections that listen to a topic now, and those whose time is over."""

    now: tuple[str, ...]
    over: tuple[str, ...]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Listeners:
    def __init__(self, table: Table, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self.table = table
        self._clock = clock

    def connect(
        self,
        connection_id: str,
        principal: Principal,
        *,
        project: str,
        now: datetime,
        until: datetime | None = None,
    ) -> Connection:
        """`until`: of the credential; None where it has no end."""
        end = now + CONNECTION_LIFE if until is None else min(until, now + CONNECTION_LIFE)
        made = Connection(id=connection_id, principal=principal, project=project, connected=now, until=end)
        owned = {keys.SK: connection_id, "project": project, **_expiry(end)}
        meta = to_item(made, keys.connection(connection_id), _META, **_expiry(end))
        listed = (Put({**owned, keys.PK: keys.connections_of(each)}) for each in _owners(principal))
        self.table.transact((Put(meta), *listed))
        return made

    def connection(self, connection_id: str) -> Connection:
        """Raises NotFound when it is gone or its time is over."""
        return self._alive(connection_id, self.table.find(keys.connection(connection_id), _META))

    def receive(self, connection_id: str, *, most: int, now: datetime) -> Connection:
        """Counts one frame of a connection. Raises NotFound when it is gone or over, TooManyRequests beyond `most` a minute."""
        minute = int(now.timestamp()) // 60
        pk = keys.connection(connection_id)
        for _ in range(_TRIES):
            try:
                item = self.table.update(pk, _META, {}, _counts(minute, most), add={"frames": 1})
                return self._alive(connection_id, item)
            except ConditionFailed as failure:
                found = self._alive(connection_id, failure.item)
            if found.minute == minute:
                raise TooManyRequests(f"a connection may send {most} frames a minute", retry_after=60)
            try:
                values = {"minute": minute, "frames": 1}
                item = self.table.update(pk, _META, values, attribute_is("minute", found.minute))
                return self._alive(connection_id, item)
            except ConditionFailed:
                continue  # another frame began the minute
        raise Unavailable("other frames keep getting in the way")

    def disconnect(self, connection_id: str) -> None:
        """Ends its subscriptions too. Ending what has ended is no error."""
        pk = keys.connection(connection_id)
        own = list(self.table.all(Range(pk)))
        gone = [(pk, str(item[keys.SK])) for item in own]
        for item in own:
            if item[keys.SK] == _META:
                owners = _owners(to_model(Connection, item).principal)
                gone += [(keys.connections_of(each), connection_id) for each in owners]
            else:
                gone.append((keys.subscribers(item["project"], item["topic"]), connection_id))
        self.table.batch_delete(gone)

    def subscribe(self, connection_id: str, project: str, topic: str, pending: bool = True) -> None:
        """Raises NotFound when the connection is gone."""
        fields = {"connection": connection_id, "project": project, "topic": topic}
        fields |= _expiry(self.connection(connection_id).until)
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

    def subscribers(self, project: str, topic: str) -> tuple[str, ...]:
        """The connections that listen now, or will when their snapshot and replay are posted."""
        items = self.table.all(Range(keys.subscribers(project, topic)))
        return tuple(item[keys.SK] for item in items if not self._expired(item))

    def audience(self, project: str, topic: str) -> Audience:
        """Who is told of an event: without those whose snapshot and replay are not posted yet."""
        items = [item for item in self.table.all(Range(keys.subscribers(project, topic))) if not item["pending"]]
        over = {item[keys.SK] for item in items if self._expired(item)}
        listed = [str(item[keys.SK]) for item in items]
        return Audience(tuple(each for each in listed if each not in over), tuple(sorted(over)))

    def opened_by(self, principal: str, *, project: str = "") -> tuple[str, ...]:
        """The connections of a principal, of a user with those of their tokens; `project`: only those into it."""
        items = self.table.all(Range(keys.connections_of(principal)))
        return tuple(item[keys.SK] for item in items if project in ("", item["project"]))

    def shut(self, principal: str, *, why: str, now: datetime, project: str = "") -> None:
        """Has every connection of a principal closed within seconds, by whoever reads the stream; again does no harm."""
        order = Shut(principal=principal, project=project, why=why)
        self.table.put(to_item(order, keys.shut(principal), new_id(now), **_expiry(now + SHUT_LIFE)))

    def _alive(self, connection_id: str, item: Item | None) -> Connection:
        if item is None or self._expired(item):
            raise NotFound(f"there is no connection {connection_id}")
        return to_model(Connection, item)

    def _expired(self, item: Item) -> bool:
        return int(item[keys.EXPIRES]) <= self._clock().timestamp()


def _owners(principal: Principal) -> tuple[str, ...]:
    """Whose end is the connection's too."""
    return (principal.id, principal.maker) if principal.maker else (principal.id,)


def _counts(minute: int, most: int) -> Condition:
    """Within one minute, as long as there are fewer than `most`."""
    return attribute_is("minute", minute) & Condition("#frames < :most", {"#frames": "frames"}, {":most": most})


def _expiry(at: datetime) -> dict[str, Any]:
    return {keys.EXPIRES: int(at.timestamp())}
