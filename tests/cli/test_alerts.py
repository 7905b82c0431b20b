"""`vedette alerts` from its arguments to what it asks, prints and exits with."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from cli import main
from cli.alert_tables import detail_lines
from cli.client import Client
from cli.errors import UsageError
from cli.tables import alert_row
from cli.times import in_future, in_past
from tests.cli.fake_api import ALERT, FakeApi, Json

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
WHOLE = ALERT | {
    "raised": "2026-01-01T00:00:00Z",
    "updated": "2026-01-01T00:00:00Z",
    "count": 2,
    "assignee": "ops",
    "comments": 1,
    "group": "GROUP",
    "muted": {"by": "me", "reason": "noisy\x1b[2J", "until": "2027-01-01T00:00:00Z"},
}
GROUP = {
    "id": "GROUP",
    "type": "NEW_PORT",
    "protocol": "tcp",
    "port": 22,
    "count": 40,
    "unresolved": 39,
    "worst": "high",
    "since": "2026-01-01T00:00:00Z",
    "sample": [{"alert": "A", "asset": "10.0.0.9", "text": "open"}],
}
ENTRY = {
    "at": "2026-01-01T00:00:00Z",
    "by": "me",
    "event": "taken",
    "text": "",
    "before": {"status": "open"},
    "after": {"status": "in_progress"},
}
COMMENT = {"at": "2026-01-01T00:00:00Z", "by": "me", "text": "odd", "edited": None, "id": "COMMENT", "version": 3}
COUNTS = {
    "unresolved": 4,
    "total": 6,
    "severities": {"high": 4},
    "types": {"NEW_PORT": 4},
    "statuses": {"open": 4, "resolved": 2},
}


class AlertApi(FakeApi):
    """Keeps what it was asked; of a bulk, does what `refused` does not name, two alerts a page of a filter."""

    def __init__(self, refused: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.refused = refused
        self.asked: list[tuple[str, Json]] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.split("/v1/projects/P/alerts", 1)
        if len(path) == 1:
            return super()._answer(request)
        body = json.loads(request.content) if request.content else dict(request.url.params)
        self.asked.append((f"{request.method} {path[1]}", body))
        answers: dict[str, Callable[[], Any]] = {
            "GET ": lambda: self._page([ALERT]),
            "GET /ALERT": lambda: WHOLE,
            "GET /groups": lambda: self._page([GROUP]),
            "GET /counts": lambda: COUNTS,
            "GET /ALERT/trail": lambda: self._page([ENTRY]),
            "GET /ALERT/comments": lambda: self._page([COMMENT]),
            "POST /ALERT/comments": lambda: COMMENT,
            "GET /ALERT/comments/COMMENT": lambda: COMMENT,
            "PUT /ALERT/comments/COMMENT": lambda: COMMENT,
            "DELETE /ALERT/comments/COMMENT": dict,
            "POST /bulk": lambda: self._bulk(body),
        }
        return httpx.Response(200, json=answers[f"{request.method} {path[1]}"]())

    def _bulk(self, body: Json) -> Json:
        alerts = body.get("alerts") or (["C", "D"] if body["cursor"] else ["A", "B"])
        results = [{"alert": each, "done": each not in self.refused, "detail": "not so"} for each in alerts]
        return {"results": results, "next_cursor": "more" if body.get("cursor") == "" else None}


class Vedette:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], api: AlertApi) -> None:
        self.api = api
        self._patch, self._capsys = monkeypatch, capsys
        monkeypatch.setenv("VEDETTE_URL", "http://127.0.0.1:1")
        monkeypatch.setenv("VEDETTE_WEBSOCKET_URL", "ws://127.0.0.1:1")
        monkeypatch.setenv("VEDETTE_TOKEN", "vdt_x")
        monkeypatch.setattr("cli.session.Client", lambda access: Client(access, transport=self.api.transport()))

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self._patch.setattr("sys.argv", ["vedette", "alerts", *words])
        code = 0
        try:
            main.main()
        except SystemExit as end:
            code = int(end.code or 0)
        told = self._capsys.readouterr()
        return code, told.out, told.err


@pytest.fixture
def vedette(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Vedette:
    return Vedette(monkeypatch, capsys, AlertApi())


def test_a_list_asks_for_what_fits(vedette: Vedette) -> None:
    code, out, _ = vedette(
        "list", "--type", "NEW_PORT", "--status", "unresolved", "--cidr", "10.0.0.0/24", "--port", "22"
    )
    assert (code, out.split("\t")[:4]) == (0, ["high", "NEW_PORT", "10.0.0.9", "22/tcp"])
    query = {"type": "NEW_PORT", "status": "unresolved", "cidr": "10.0.0.0/24", "port": "22"}
    assert vedette.api.asked == [("GET ", query)]


def test_one_alert_is_shown_with_its_marks_and_no_control_characters(vedette: Vedette) -> None:
    _, out, _ = vedette("show", "ALERT")
    assert "assigned to ops" in out
    assert "muted by me until 2027-01-01T00:00:00Z: noisy" in out
    assert "\x1b" not in out
    assert json.loads(vedette("show", "ALERT", "--json")[1]) == WHOLE


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("trail", "ALERT"), "2026-01-01T00:00:00Z\tme\ttaken\t\tstatus: open -> in_progress\n"),
        (("comments", "ALERT"), "2026-01-01T00:00:00Z\tme\todd\tCOMMENT\n"),
        (("counts",), "4 unresolved of 6\nseverities: 4 high\ntypes: 4 NEW_PORT\nstatuses: 4 open, 2 resolved\n"),
        (("comment", "ALERT", "odd"), "commented: COMMENT\n"),
        (("comment", "ALERT", "fine", "--edit", "COMMENT"), "edited COMMENT\n"),
        (("uncomment", "ALERT", "COMMENT"), "deleted COMMENT\n"),
    ],
)
def test_what_is_told(vedette: Vedette, words: tuple[str, ...], told: str) -> None:
    assert vedette(*words)[:2] == (0, told)


def test_a_group_is_one_line(vedette: Vedette) -> None:
    _, out, _ = vedette("groups", "--status", "all")
    assert out.split("\t")[:5] == ["high", "NEW_PORT", "22/tcp", "40", "39"]
    assert vedette.api.asked == [("GET /groups", {"status": ""})]


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        (("ack", "ALERT", "--reason", "known"), {"action": "acknowledge", "reason": "known"}),
        (("unack", "ALERT"), {"action": "unacknowledge", "reason": ""}),
        (("assign", "ALERT", "--to", "ops"), {"action": "assign", "assignee": "ops"}),
        (("take", "ALERT"), {"action": "take", "reason": ""}),
        (("release", "ALERT"), {"action": "release", "reason": ""}),
        (("resolve", "ALERT", "--reason", "gone"), {"action": "resolve", "reason": "gone"}),
        (("reopen", "ALERT", "--reason", "no"), {"action": "reopen", "reason": "no"}),
        (("mute", "ALERT", "--reason", "noise"), {"action": "mute", "reason": "noise"}),
        (("unmute", "ALERT"), {"action": "unmute", "reason": ""}),
        (("unsnooze", "ALERT"), {"action": "unsnooze", "reason": ""}),
        (
            ("snooze", "ALERT", "--until", "2099-01-01"),
            {"action": "snooze", "reason": "", "until": "2099-01-01T00:00:00+00:00"},
        ),
    ],
)
def test_each_action_is_asked_for_with_what_it_needs(vedette: Vedette, words: tuple[str, ...], wish: Json) -> None:
    assert vedette(*words)[:2] == (0, "done ALERT\n")
    assert vedette.api.asked == [("POST /bulk", {"alerts": ["ALERT"], **wish})]


@pytest.mark.parametrize(("refused", "code"), [((), 0), (("B",), 3), (("A", "B"), 1)])
def test_the_exit_code_tells_all_some_or_none(vedette: Vedette, refused: tuple[str, ...], code: int) -> None:
    vedette.api.refused = refused
    exit_code, out, err = vedette("take", "A", "B")
    assert exit_code == code
    assert [f"done {each}" in out for each in ("A", "B")] == [each not in refused for each in ("A", "B")]
    assert [f"{each}: not so" in err for each in ("A", "B")] == [each in refused for each in ("A", "B")]


def test_a_bulk_goes_through_every_page_of_its_filter(vedette: Vedette) -> None:
    code, out, _ = vedette("bulk", "ack", "--where", "port=22", "--where", "status=open", "--reason", "known", "--json")
    assert (code, json.loads(out)["done"]) == (0, 4)
    bodies = [body for _, body in vedette.api.asked]
    assert [body["cursor"] for body in bodies] == ["", "more"]
    assert (bodies[0]["action"], bodies[0]["filter"]) == ("acknowledge", {"port": "22", "status": "open"})


def test_a_filter_that_is_no_pair_is_refused(vedette: Vedette) -> None:
    code, _, err = vedette("bulk", "ack", "--where", "port", "--reason", "x")
    assert (code, "'port' is not NAME=VALUE" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "later", "earlier"),
    [
        ("30m", "2026-01-10T12:30:00+00:00", "2026-01-10T11:30:00+00:00"),
        ("2w", "2026-01-24T12:00:00+00:00", "2025-12-27T12:00:00+00:00"),
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
    ],
)
def test_a_time_is_an_instant_or_how_long(text: str, later: str, earlier: str) -> None:
    assert in_future(text, option="--until", now=NOW) == later
    assert in_past(text, option="--since", now=NOW) == earlier


def test_any_other_time_is_refused_with_the_mend() -> None:
    with pytest.raises(UsageError, match="--until: give a time as"):
        in_future("soon", option="--until")


def test_an_alert_of_a_host_or_of_a_network_has_no_port() -> None:
    of_host = WHOLE | {"type": "NEW_HOST", "port": None, "protocol": None, "status": "open"}
    of_network = of_host | {"type": "NOT_WATCHED", "asset": ""}
    assert alert_row(of_host)[:5] == ("high", "NEW_HOST", "10.0.0.9", "", "open")
    assert next(detail_lines(of_host)) == "high NEW_HOST on 10.0.0.9: open"
    assert next(detail_lines(of_network)) == "high NOT_WATCHED on the network: open"
