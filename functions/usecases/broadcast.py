"""Live events to those who listen: each topic in order, connections side by side; and the end of connections that lost their right."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from functions.adapters.connections import Connections, Gone
from functions.core.errors import Corrupt
from functions.core.messages import Event
from functions.core.model import Model
from functions.store.listeners import Listeners, Shut
from functions.store.stream import StreamRecord
from functions.usecases.consume_stream import try_again

M = TypeVar("M", bound=Model)

_AT_ONCE = 16

Undelivered = tuple[StreamRecord, Exception]
Step = Callable[[], list[Undelivered]]

Frames = list[tuple[StreamRecord, str]]
"""Each record with the frame that it becomes, in order."""


@dataclass(frozen=True, kw_only=True)
class Broadcast:
    listeners: Listeners
    connections: Connections
    pause: Callable[[float], None] = time.sleep

    def __call__(self, records: Sequence[StreamRecord]) -> list[Undelivered]:
        """The step of a stream consumer. A connection that is gone is forgotten; other trouble is that record's alone.

        Connections are closed first: what is in the same batch is not told to them any more.
        """
        orders, bad_orders = _new(records, "SHUT", Shut)
        events, bad_events = _new(records, "EVT", Event)
        undelivered: list[Undelivered] = [*bad_orders, *bad_events]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="broadcast") as pool:
            for work in (self._endings(orders), self._tellings(_by_topic(events))):
                for failures in pool.map(lambda step: step(), work):
                    undelivered.extend(failures)
        return list({record.id: (record, error) for record, error in undelivered}.values())

    def _endings(self, orders: Sequence[tuple[StreamRecord, Shut]]) -> Iterator[Step]:
        """Every connection of those whose right has ended."""
        for record, order in orders:
            for connection in self.listeners.opened_by(order.principal, project=order.project):
                yield partial(self._end, connection, record)

    def _tellings(self, topics: Mapping[tuple[str, str], Frames]) -> Iterator[Step]:
        for (project, topic), frames in topics.items():
            audience = self.listeners.audience(project, topic)
            for connection in audience.over:
                yield partial(self._end, connection, frames[0][0])
            for connection in audience.now:
                yield partial(self._deliver, connection, frames)

    def _end(self, connection: str, record: StreamRecord) -> list[Undelivered]:
        """One that cannot be closed now is told of nothing more, and its next frame closes it."""
        try:
            self.listeners.disconnect(connection)
            try_again(partial(self.connections.close, connection), pause=self.pause)
        except Exception as error:  # the other connections must not wait for it
            return [(record, error)]
        return []

    def _deliver(self, connection: str, frames: Frames) -> list[Undelivered]:
        undelivered: list[Undelivered] = []
        for record, frame in frames:
            try:
                try_again(partial(self.connections.post, connection, frame), final=(Gone,), pause=self.pause)
            except Gone:
                self.listeners.disconnect(connection)
                break
            except Exception as error:  # the other frames and connections must not wait for it
                undelivered.append((record, error))
        return undelivered


def _new(
    records: Sequence[StreamRecord], family: str, kind: type[M]
) -> tuple[list[tuple[StreamRecord, M]], list[Undelivered]]:
    """What was newly written of a family, and the records of it that cannot be read."""
    readable: list[tuple[StreamRecord, M]] = []
    unreadable: list[Undelivered] = []
    for record in records:
        if record.family != family or not record.is_insert:
            continue
        try:
            readable.append((record, record.after(kind)))
        except Corrupt as error:
            unreadable.append((record, error))
    return readable, unreadable


def _by_topic(events: Sequence[tuple[StreamRecord, Event]]) -> dict[tuple[str, str], Frames]:
    topics: dict[tuple[str, str], Frames] = defaultdict(list)
    for record, event in events:
        topics[event.project, event.topic].append((record, event.model_dump_json()))
    return topics
