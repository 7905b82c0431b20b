"""The feed of a topic: each event once, through every reconnect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from cli.access import Access
from cli.client import Client
from cli.errors import ApiError, Unreachable
from cli.live import Feed, connector

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


def test_what_came_before_the_first_connection_is_asked_for() -> None:
    line = Line([SNAPSHOT, event("01B")])
    feed = Feed(lambda: nullcontext(line), topic="scan:S", project="P", since="01A")
    frames = feed.frames()
    assert [next(frames), next(frames)] == [SNAPSHOT, event("01B")]
    assert line.sent == [{"action": "subscribe", "topic": "scan:S", "project": "P", "since": "01A"}]


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


@pytest.mark.parametrize("error", ["unauthenticated", "too-many-requests", "unavailable"])
def test_a_connection_that_has_ended_is_followed_by_another_one(error: str) -> None:
    ended = {"type": "error", "error": error, "message": "connect again"}
    feed, lines = feed_over([Line([event("01A"), ended]), Line([event("01B")])])
    frames = feed.frames()
    assert [next(frames), next(frames), next(frames)] == [event("01A"), None, event("01B")]
    assert lines[1].sent[0]["since"] == "01A"


def test_two_minutes_without_a_connection_end_the_feed() -> None:
    feed, _ = feed_over([])
    with pytest.raises(Unreachable, match="refused"):
        list(feed.frames())


def test_each_connection_has_a_ticket_of_its_own_and_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(["one&two", "three"])
    opened: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("cli.live.connect", lambda url, **options: opened.append((url, options)))

    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/v1/projects/P/tickets")
        return httpx.Response(201, json={"ticket": next(made), "expires": "2026-01-01T00:01:00Z"})

    access = Access(url="https://api.example", websocket_url="wss://live.example/live", token="vdt_x")
    with Client(access, transport=httpx.MockTransport(answer)) as client:
        open_socket = connector(client, access.websocket_url, project="P")
        for _ in range(2):
            open_socket()
    assert [url for url, _ in opened] == [f"wss://live.example/live?ticket={each}" for each in ("one%26two", "three")]
    assert not any("vdt_x" in str(options) for _, options in opened)


@pytest.mark.parametrize(("status", "goes_on"), [(503, True), (429, True), (403, False), (404, False)])
def test_who_gets_no_ticket_is_told_at_once_unless_it_may_help_to_wait(status: int, goes_on: bool) -> None:
    refusals = iter([ApiError(status, {"detail": "no ticket"})])

    @contextmanager
    def open_socket() -> Iterator[Line]:
        for refusal in refusals:
            raise refusal
        yield Line([SNAPSHOT])

    frames = Feed(open_socket, topic="scan:S", project="P").frames()
    if not goes_on:
        with pytest.raises(ApiError, match="no ticket"):
            next(frames)
        return
    assert [next(frames), next(frames)] == [None, SNAPSHOT]
