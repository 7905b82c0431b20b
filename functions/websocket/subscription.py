"""A subscription, from pending to active, so that no event falls between its replay and the live ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.adapters.connections import Connections
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import NotFound, Unavailable
from functions.core.ids import new_id
from functions.core.messages import Event
from functions.store.ledger import Ledger
from functions.store.listeners import Listeners
from functions.store.live import Live
from functions.store.scans import Scans
from functions.websocket import frames

MAX_REPLAYED = 2000
"""Events that one subscribe posts; a client that missed more is told to subscribe again from there."""
MAX_RUNNING = 200
"""Chunks in a snapshot: it stays far under the size of a message."""
_PAGE = 200
_RECENT = 10


@dataclass(frozen=True)
class Wanted:
    """A topic that the caller may listen to."""

    project: str
    topic: str

    @property
    def subject(self) -> str:
        return self.topic.partition(":")[2]

    @property
    def is_scan(self) -> bool:
        return self.topic.startswith("scan:")


def wanted(tenant: str, *, topic: str, project: str) -> Wanted:
    """A topic of the project `tenant` that the ticket was for; `project`: as the frame says. Raises NotFound for another's."""
    kind, _, subject = topic.partition(":")
    if project not in ("", tenant) or (kind == "project" and subject != tenant):
        raise NotFound("there is no such topic")
    return Wanted(tenant, topic)


@dataclass(frozen=True, kw_only=True)
class Subscriptions:
    listeners: Listeners
    live: Live
    scans: Scans
    ledger: Ledger
    connections: Connections

    def open(self, connection: str, want: Wanted, *, since: str | None, now: datetime) -> None:
        """Pending, snapshot, replay, active, and the replay's last seconds once more.

        An event written before the subscription was active, and so told to nobody, is found by the second reading.
        Raises NotFound, Gone.
        """
        data = self._snapshot(want)
        self.listeners.subscribe(connection, want.project, want.topic, pending=True)
        self.connections.post(connection, frames.snapshot(want.topic, data))
        replay = _Replay(connection, want, self.live, self.connections)
        replay.post_since(since or new_id(now))
        self.listeners.activate(connection, want.project, want.topic)
        replay.post_since(replay.last or since or new_id(now))

    def close(self, connection: str, want: Wanted) -> None:
        self.listeners.unsubscribe(connection, want.project, want.topic)

    def _snapshot(self, want: Wanted) -> dict[str, Any]:
        return self._of_scan(want) if want.is_scan else self._of_project(want)

    def _of_scan(self, want: Wanted) -> dict[str, Any]:
        scan = self.scans.get(want.project, want.subject)
        running = [chunk for chunk in self.ledger.list(want.project, scan.id) if chunk.status is ChunkStatus.CLAIMED]
        return {
            "scan": scan.id,
            "network": scan.network,
            "status": scan.status,
            "stop": scan.stop,
            "why": scan.stop_why,
            "resume_at": scan.resume_at.isoformat() if scan.resume_at else None,
            "counts": scan.counts.model_dump(mode="json"),
            "running": [_running(chunk) for chunk in running[:MAX_RUNNING]],
            "link": f"/v1/projects/{want.project}/scans/{scan.id}",
        }

    def _of_project(self, want: Wanted) -> dict[str, Any]:
        recent = self.scans.list(want.project, limit=_RECENT).items
        return {
            "scans": [{"scan": scan.id, "network": scan.network, "status": scan.status} for scan in recent],
            "link": f"/v1/projects/{want.project}/scans",
        }


@dataclass
class _Replay:
    """What of a topic has been posted; each event once."""

    connection: str
    want: Wanted
    live: Live
    connections: Connections
    posted: set[str] = field(default_factory=set)
    last: str = ""

    def post_since(self, since: str) -> None:
        for event in self._events(since):
            if event.id in self.posted:
                continue
            if len(self.posted) == MAX_REPLAYED:
                raise Unavailable(f"too many events for one replay: subscribe again with since {self.last}")
            self.connections.post(self.connection, event.model_dump_json())
            self.posted.add(event.id)
            self.last = max(self.last, event.id)

    def _events(self, since: str) -> Iterator[Event]:
        cursor = ""
        while True:
            page = self.live.replay(self.want.project, self.want.topic, since=since, limit=_PAGE, cursor=cursor)
            yield from page.items
            if not page.next_cursor:
                return
            cursor = page.next_cursor


def _running(chunk: Chunk) -> dict[str, Any]:
    progress = chunk.progress.model_dump(mode="json") if chunk.progress else None
    return {"chunk": chunk.chunk, "attempt": chunk.attempt, "summary": chunk.summary[:100], "progress": progress}
