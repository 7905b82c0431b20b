"""`vedette channels`, against an API in memory."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli import access as access_module
from cli import channels, session
from cli.access import Access
from cli.client import Client
from cli.errors import UsageError

Json = dict[str, Any]
CHANNEL: Json = {
    "id": "C1",
    "name": "soc",
    "kind": "webhook",
    "url": "https://example.com/",
    "topic": "",
    "routes": [],
    "digest_minutes": 0,
    "quiet": None,
    "urgent": None,
    "resolutions": True,
    "enabled": True,
    "tested": None,
    "version": 3,
}
FAILED = {
    "subject": "A1",
    "occasion": "raised",
    "status": "failed",
    "attempts": 7,
    "due": "",
    "error": "answered \x1b[2J500",
}
ONE = "projects/P/channels/C1"


class Api:
    """Remembers what was asked: method, path, body, If-Match."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Json, str]] = []
        self.trial: Json = {"id": "T", "status": "sent", "at": "2026-11-21T10:00:00Z", "error": ""}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.split("/v1/", 1)[1]
        body = json.loads(request.content) if request.content else {}
        self.asked.append((request.method, path, body, request.headers.get("if-match", "")))
        answers: dict[tuple[str, str], Any] = {
            ("GET", "projects"): {"items": [{"id": "P", "name": "default"}]},
            ("GET", "projects/P/networks"): {"items": [{"id": "N1", "name": "office"}]},
            ("GET", "projects/P/channels"): {"items": [CHANNEL]},
            ("POST", "projects/P/channels"): {"channel": CHANNEL, "secret": "whsec_shown"},
            ("GET", ONE): CHANNEL | {"tested": self.trial},
            ("PUT", ONE): CHANNEL | {"version": 4},
            ("DELETE", ONE): {},
            ("POST", f"{ONE}/rotate"): {"channel": CHANNEL, "secret": "whsec_new"},
            ("POST", f"{ONE}/test"): self.trial | {"status": "waiting"},
            ("GET", f"{ONE}/deliveries"): {"items": [FAILED]},
            ("POST", f"{ONE}/resend"): {"items": [FAILED], "next_cursor": None if body.get("cursor") else "more"},
        }
        return httpx.Response(200, json=answers[request.method, path])

    def last(self, method: str) -> tuple[str, str, Json, str]:
        return [each for each in self.asked if each[0] == method][-1]


Run = Callable[..., Result]


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def run(api: Api, monkeypatch: pytest.MonkeyPatch) -> Run:
    access = Access(url="https://api.example", websocket_url="wss://live.example", token="vdt_x")
    monkeypatch.setattr(access_module, "find", lambda: access)
    monkeypatch.setattr(session, "Client", lambda given: Client(given, transport=httpx.MockTransport(api)))

    def call(*words: str) -> Result:
        return CliRunner().invoke(channels.app, list(words))

    return call


def test_a_webhook_is_added_with_its_route_and_its_secret_is_shown(api: Api, run: Run) -> None:
    route = ("--severity", "high", "--type", "BLOCKED", "--network", "office", "--tag", "dmz")
    words = (*route, "--digest", "60", "--urgent", "critical")
    done = run(
        "add", "https://example.com/", "--name", "soc", *words, "--quiet", "22:00-07:00", "--timezone", "Asia/Tokyo"
    )
    assert done.exit_code == 0, done.output
    assert "whsec_shown" in done.output
    assert api.last("POST")[2] == {
        "kind": "webhook",
        "url": "https://example.com/",
        "name": "soc",
        "routes": [{"severity": "high", "types": ["BLOCKED"], "networks": ["N1"], "tags": ["dmz"]}],
        "digest_minutes": 60,
        "urgent": "critical",
        "quiet": {"start": "22:00", "end": "07:00", "timezone": "Asia/Tokyo"},
    }


def test_a_topic_is_known_by_its_arn(api: Api, run: Run) -> None:
    run("add", "arn:aws:sns:eu-west-1:111122223333:vedette-x")
    assert (api.last("POST")[2]["kind"], api.last("POST")[2]["topic"]) == (
        "sns",
        "arn:aws:sns:eu-west-1:111122223333:vedette-x",
    )


def test_an_edit_changes_what_is_given_of_the_version_that_was_read(api: Api, run: Run) -> None:
    assert run("edit", "soc", "--off", "--digest", "5", "--urgent", "off").exit_code == 0
    _, path, body, version = api.last("PUT")
    assert (path, version) == (ONE, '"3"')
    unchanged = {name: CHANNEL[name] for name in ("name", "kind", "url", "topic", "routes", "quiet", "resolutions")}
    assert body == unchanged | {"enabled": False, "digest_minutes": 5, "urgent": None}


def test_removing_and_rotating_name_the_version_too(api: Api, run: Run) -> None:
    assert run("remove", "C1").exit_code == 0
    assert api.last("DELETE")[3] == '"3"'
    assert "whsec_new" in run("rotate", "C1").output
    assert api.last("POST")[3] == '"3"'


def test_a_test_says_what_came_of_it(api: Api, run: Run) -> None:
    done = run("test", "soc")
    assert (done.exit_code, done.output) == (0, "the receiver took the test message\n")
    api.trial |= {"status": "failed", "error": "the receiver answered 500"}
    failed = run("test", "soc")
    assert (failed.exit_code, failed.output) == (1, "not delivered: the receiver answered 500\n")


def test_what_failed_is_shown_without_what_a_terminal_would_obey(run: Run) -> None:
    done = run("show", "soc")
    assert "A1\traised\tfailed\t7" in done.output
    assert "\x1b" not in done.output


def test_sending_again_goes_through_all_pages(api: Api, run: Run) -> None:
    assert run("resend", "soc").output == "2 to be sent again\n"
    assert [each[2] for each in api.asked if each[0] == "POST"] == [{"alerts": []}, {"cursor": "more"}]


@pytest.mark.parametrize(
    "words", [("show", "other"), ("edit", "soc", "--timezone", "UTC"), ("edit", "soc", "--quiet", "night")]
)
def test_what_makes_no_sense_is_bad_usage(run: Run, words: tuple[str, ...]) -> None:
    assert isinstance(run(*words).exception, UsageError)
