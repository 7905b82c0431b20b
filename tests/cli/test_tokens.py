"""`vedette tokens`, against an API in memory."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli import access as access_module
from cli import session, tokens
from cli.access import Access
from cli.client import Client
from cli.errors import UsageError

Json = dict[str, Any]
TOKEN: Json = {
    "id": "T1",
    "prefix": "vdt_T1",
    "name": "ci\x1b[2J",
    "scopes": ["read", "scan"],
    "created_by": "u_1",
    "expires": None,
    "revoked": None,
    "last_used": None,
    "previous_until": None,
    "version": 3,
}
OLD = TOKEN | {"id": "T0", "prefix": "vdt_T0", "name": "deploy", "revoked": "2026-11-21T10:00:00Z", "created_by": ""}
NEW = OLD | {"id": "T2", "prefix": "vdt_T2", "revoked": None}


class Api:
    """Remembers what was asked: method, path, body, If-Match."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Json, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.split("/v1/", 1)[1]
        body = json.loads(request.content) if request.content else {}
        self.asked.append((request.method, path, body, request.headers.get("if-match", "")))
        if path == "projects":
            return httpx.Response(200, json={"items": [{"id": "P", "name": "default"}]})
        if request.method == "GET":
            return httpx.Response(200, json={"items": [TOKEN, OLD, NEW]})
        if request.method == "DELETE":
            return httpx.Response(204)
        overlaps = TOKEN | {"previous_until": "2026-11-21T10:10:00Z"} if body.get("overlap_minutes") else TOKEN
        return httpx.Response(201, json={"token": "vdt_T1_secret", "details": overlaps})


Run = Callable[..., Result]


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, api: Api) -> Run:
    access = Access(url="https://api.example", websocket_url="wss://live.example", token="vdt_x")
    monkeypatch.setattr(access_module, "find", lambda: access)
    monkeypatch.setattr(session, "Client", lambda given: Client(given, transport=httpx.MockTransport(api)))
    return lambda *words: CliRunner().invoke(tokens.app, words)


def test_a_list_tells_what_each_token_is_and_shows_no_control_characters(run: Run) -> None:
    told = run("list")
    assert told.exit_code == 0
    first, second, _ = told.stdout.splitlines()
    assert first.split("\t")[0] == "vdt_T1"
    assert first.split("\t")[2:] == ["read scan", "in force", "never", "never", "u_1"]
    assert "\x1b" not in first
    assert second.split("\t")[3].startswith("revoked ")
    assert second.split("\t")[6] == "bootstrap"


def test_a_new_token_is_shown_once_with_what_was_asked_for(run: Run, api: Api) -> None:
    made = run("make", "ci", "--scope", "read", "--scope", "scan", "--expires", "90d", "--requests", "60")
    assert "shown this once: vdt_T1_secret" in made.stdout
    method, path, body, _ = api.asked[-1]
    assert (method, path) == ("POST", "projects/P/tokens")
    assert (body["name"], body["scopes"], body["requests_per_minute"]) == ("ci", ["read", "scan"], 60)
    assert body["expires"].endswith("+00:00")


def test_a_token_is_rotated_as_it_was_read(run: Run, api: Api) -> None:
    told = run("rotate", "vdt_T1", "--overlap", "10")
    assert api.asked[-1] == ("POST", "projects/P/tokens/T1/rotate", {"overlap_minutes": 10}, '"3"')
    assert "goes on until 2026-11-21T10:10:00Z" in told.stdout


def test_a_name_means_the_one_that_is_in_force(run: Run, api: Api) -> None:
    assert run("revoke", "deploy").stdout == "revoked token vdt_T2\n"
    assert api.asked[-1][:2] == ("DELETE", "projects/P/tokens/T2")


def test_the_organisations_tokens_are_elsewhere(run: Run, api: Api) -> None:
    run("list", "--organisation")
    assert api.asked[-1][:2] == ("GET", "tokens")
    run("revoke", "T1", "--organisation")
    assert api.asked[-1][:2] == ("DELETE", "tokens/T1")


def test_a_token_that_is_not_there_is_said_so(run: Run) -> None:
    assert isinstance(run("revoke", "nobody").exception, UsageError)
