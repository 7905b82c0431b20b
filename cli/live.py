"""Events of a topic as they happen, over WebSocket, through every reconnect."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from cli.client import Client, Json
from cli.errors import ApiError, Unreachable

REMEMBERED = 5000
"""Ids kept to drop what is delivered twice: more than any replay overlap."""
PING_SECONDS = 240
"""API Gateway closes a connection that is idle for ten minutes."""
PATIENCE_SECONDS = 120
_OF_THE_CONNECTION = frozenset({"unauthenticated", "too-many-requests", "unavailable"})
"""Errors that another connection mends, from the last event seen; where the credential is at fault, no ticket is to be had."""
_WORTH_A_WAIT = frozenset({429, 500, 502, 503, 504})


class Socket(Protocol):
    def send(self, message: str) -> None: ...
    def recv(self, timeout: float | None = None) -> str | bytes: ...


Connect = Callable[[], AbstractContextManager[Socket]]


def connector(client: Client, websocket_url: str, *, project: str) -> Connect:
    """Each connection with a ticket of its own: it is good for one, within a minute."""

    def open_socket() -> AbstractContextManager[Socket]:
        ticket = client.post("projects", project, "tickets")["ticket"]
        return connect(
            f"{websocket_url}?{urlencode({'ticket': ticket})}",
            open_timeout=10,
            ping_interval=None,
            proxy=None,
            max_size=256 * 1024,
        )

    return open_socket


class Feed:
    """The events of one topic. `frames()` yields snapshots and events in order of arrival, each event once.

    It reconnects by itself, from the last event seen, for up to two minutes without a connection; then Unreachable.
    `since`: what to begin with, any id of that time; empty: what happens from now on.
    """

    def __init__(self, open_socket: Connect, *, topic: str, project: str, since: str = "") -> None:
        self._open = open_socket
        self._topic = topic
        self._project = project
        self._since = since
        self._seen: OrderedDict[str, None] = OrderedDict()

    def frames(self, *, idle: float = 1.0) -> Iterator[Json | None]:
        """Yields None whenever `idle` seconds pass without a frame, so that the caller can look elsewhere."""
        lost_at: float | None = None
        while True:
            try:
                with self._open() as socket:
                    lost_at = None
                    yield from self._listen(socket, idle)
            except InvalidStatus as error:
                if error.response.status_code in {401, 403}:
                    raise ApiError(error.response.status_code, {"detail": "the ticket is not accepted"}) from error
                failure: Exception = error
            except ApiError as error:
                if error.status not in _WORTH_A_WAIT:
                    raise
                failure = error
            except (ConnectionClosed, InvalidHandshake, OSError, Unreachable) as error:
                failure = error
            lost_at = lost_at or time.monotonic()
            if time.monotonic() - lost_at > PATIENCE_SECONDS:
                raise Unreachable(f"the live connection is lost: {failure}") from failure
            yield None
            time.sleep(0.5)

    def _listen(self, socket: Socket, idle: float) -> Iterator[Json | None]:
        subscribe = {"action": "subscribe", "topic": self._topic, "project": self._project}
        socket.send(json.dumps(subscribe | ({"since": self._since} if self._since else {})))
        pinged = time.monotonic()
        while True:
            if time.monotonic() - pinged > PING_SECONDS:
                socket.send('{"action": "ping"}')
                pinged = time.monotonic()
            try:
                frame = json.loads(socket.recv(timeout=idle))
            except TimeoutError:
                yield None
                continue
            if isinstance(frame, dict) and self._is_news(frame):
                yield frame

    def _is_news(self, frame: Json) -> bool:
        if frame.get("type") == "error" and frame.get("error") in _OF_THE_CONNECTION:
            raise Unreachable(str(frame.get("message", "")))
        if frame.get("type") == "error":
            raise ApiError(400, {"type": frame.get("error", ""), "detail": frame.get("message", "")})
        identifier = frame.get("id")
        if identifier is None:
            return frame.get("type") == "snapshot"
        if identifier in self._seen:
            return False
        self._seen[identifier] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._since = max(self._since, identifier)
        return True
