"""Live events to those who listen: each topic in order, connections side by side."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from functions.adapters.connections import Connections, Gone
from functions.core.errors import Corrupt
from functions.core.messages import Event
from functions.store.live import Live
from functions.store.stream import StreamRecord
from functions.usecases.consume_stream import try_again

_AT_ONCE = 16

Undelivered = tuple[StreamRecord, Exception]


Frames = list[tuple[StreamRecord, str]]
"""Each record with the frame that it becomes, in order."""


@dataclass(frozen=True, kw_only=True)
class Broadcast:
    live: Live
    connections: Connections
    pause: Callable[[float], None] = time.sleep

    def __call__(self, records: Sequence[StreamRecord]) -> list[Undelivered]:
        """The step of a stream consumer. A connection that is gone is forgotten; other trouble is that record's alone."""
        topics, undelivered = _by_topic(records)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="broadcast") as pool:
            for failures in pool.map(lambda work: self._deliver(*work), self._work(topics)):
                undelivered.extend(failures)
        return list({record.id: (record, error) for record, error in undelivered}.values())

    def _work(self, topics: Mapping[tuple[str, str], Frames]) -> Iterator[tuple[str, Frames]]:
        for (project, topic), frames in topics.items():
            for connection in self.live.subscribers(project, topic, active=True):
                yield connection, frames

    def _deliver(self, connection: str, frames: Frames) -> list[Undelivered]:
        undelivered: list[Undelivered] = []
        for record, frame in frames:
            try:
                try_again(partial(self.connections.post, connection, frame), final=(Gone,), pause=self.pause)
            except Gone:
                self.live.disconnect(connection)
                break
            except Exception as error:  # the other frames and connections must not wait for it
                undelivered.append((record, error))
        return undelivered


def _by_topic(records: Sequence[StreamRecord]) -> tuple[dict[tuple[str, str], Frames], list[Undelivered]]:
    topics: dict[tuple[str, str], Frames] = defaultdict(list)
    unreadable: list[Undelivered] = []
    for record in records:
        if record.family != "EVT" or not record.is_insert:
            continue
        try:
            event = record.after(Event)
        except Corrupt as error:
            unreadable.append((record, error))
        else:
            topics[event.project, event.topic].append((record, event.model_dump_json()))
    return topics, unreadable
