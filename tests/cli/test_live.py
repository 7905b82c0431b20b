"""The feed of a topic: each event once, through every reconnect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from cli.errors import ApiError, Unreachable
from cli.live import Feed

SNAPSHOT = {"type": "snapshot", "topic": "scan:S", "data": {}}


def event(identifier: str) -> dict[str, Any]:
    return {"id": identifier, "topic": "scan:S", "type": "log", "time": "2026-01-01T00:00:00Z", "data": {}}


class Line:
    """One connection: gives its frames, then breaks."""

    def __init__(self, frames: list[dict[str, Any]]) -> None:
        self.frames = frames
        self.sent: list[dict[str, Any]] = []

    def send(self, message: str) -> None:
        self.sent.append(json.loads(message))

    def recv(self, timeout: float | None = None) -> str:
        if not self.frames:
            raise ConnectionClosedError(None, None)
        return json.dumps(self.frames.pop(0))


def feed_over(lines: list[Line]) -> tuple[Feed, list[Line]]:
    waiting = list(lines)

    @contextmanager
    def open_socket() -> Iterator[Line]:
        if not waiting:
            raise OSError("refused")
        yield waiting.pop(0)

    return Feed(open_socket, topic="scan:S", project="P"), lines


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("cli.live.time.sleep", sleep)
    monkeypatch.setattr("cli.live.time.monotonic", lambda: now[0])


def test_a_reconnect_asks_since_the_last_event_and_drops_what_it_knows() -> None:
    feed, lines = feed_over(
        [Line([SNAPSHOT, event("01A"), event("01B")]), Line([SNAPSHOT, event("01B"), event("01C")])]
    )
    frames = feed.frames()
    seen = [next(frames) for _ in range(6)]
    assert [frame["id"] for frame in seen if frame and "id" in frame] == ["01A", "01B", "01C"]
    assert lines[0].sent == [{"action": "subscribe", "topic": "scan:S", "project": "P"}]
    assert lines[1].sent == [{"action": "subscribe", "topic": "scan:S", "project": "P", "since": "01B"}]


def test_an_event_out_of_order_does_not_move_since_back() -> None:
    feed, lines = feed_over([Line([event("01C"), event("01A")]), Line([event("01D")])])
    frames = feed.frames()
    for _ in range(4):
        next(frames)
    assert lines[1].sent[0]["since"] == "01C"


def test_a_refused_subscription_is_an_error() -> None:
    feed, _ = feed_over([Line([{"type": "error", "error": "not-found", "message": "no such scan"}])])
    with pytest.raises(ApiError, match="no such scan"):
        next(feed.frames())


def test_two_minutes_without_a_connection_end_the_feed() -> None:
    feed, _ = feed_over([])
    with pytest.raises(Unreachable, match="refused"):
        list(feed.frames())
