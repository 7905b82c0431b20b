"""`vedette members`, `invite`, `join`, `me` and `owners`, against an API in memory."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli import access as access_module
from cli import session
from cli.access import Access
from cli.client import Client
from cli.main import app

Json = dict[str, Any]
USER = "u_" + "a" * 32
MEMBER: Json = {
    "project": "P",
    "user": USER,
    "role": "analyst",
    "email": "bob@example.com",
    "name": "Bob\x1b[2J",
    "since": "2026-11-21T10:00:00Z",
    "by": "u_b",
    "version": 3,
}
INVITATION: Json = {
    "id": "I1",
    "project": "P",
    "email": "cyd@example.com",
    "role": "viewer",
    "until": "2026-11-28T10:00:00Z",
    "by": USER,
}
ME: Json = {
    "id": USER,
    "kind": "user",
    "name": "Bob",
    "email": "bob@example.com",
    "email_verified": True,
    "owner": False,
    "project": "",
    "scopes": [],
    "permissions": ["project.list"],
    "memberships": [MEMBER],
    "next_cursor": None,
}


class Api:
    """Remembers what was asked: method, path, body, If-Match; `projects` are those that the caller reaches."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Json, str]] = []
        self.projects: list[Json] = [{"id": "P", "name": "default"}]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.split("/v1/", 1)[1]
        body = json.loads(request.content) if request.content else {}
        self.asked.append((request.method, path, body, request.headers.get("if-match", "")))
        code = {"code": "vdi_P_I1_secret", "invitation": INVITATION}
        answers: dict[tuple[str, str], Any] = {
            ("GET", "projects"): {"items": self.projects},
            ("GET", "projects/P/members"): {"items": [MEMBER]},
            ("PUT", f"projects/P/members/{USER}"): MEMBER | body,
            ("DELETE", f"projects/P/members/{USER}"): {},
            ("DELETE", "projects/P/members/me"): {},
            ("GET", "projects/P/invitations"): {"items": [INVITATION]},
            ("POST", "projects/P/invitations"): code,
            ("DELETE", "projects/P/invitations/I1"): {},
            ("POST", "invitations/accept"): MEMBER,
            ("GET", "me"): ME | ({} if "cursor" in request.url.params else {"next_cursor": "more"}),
            ("GET", "owners"): {"items": [MEMBER | {"project": "ORG", "role": "owner"}]},
            ("GET", "owners/invitations"): {"items": []},
            ("POST", "owners/invitations"): code,
            ("DELETE", f"owners/{USER}"): {},
            ("DELETE", "owners/invitations/I1"): {},
        }
        if (request.method, path) not in answers:
            return httpx.Response(403, json={"type": "urn:vedette:error:forbidden", "detail": "this needs more"})
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
    return lambda *words: CliRunner().invoke(app, list(words))


def test_members_and_who_is_invited_are_listed_without_control_characters(run: Run) -> None:
    done = run("members", "list")
    assert done.exit_code == 0, done.output
    assert "bob@example.com" in done.output
    assert "cyd@example.com" in done.output
    assert "\x1b" not in done.output


def test_a_role_is_set_of_the_version_that_was_read(api: Api, run: Run) -> None:
    done = run("members", "role", "Bob@example.com", "admin")
    assert done.exit_code == 0, done.output
    assert api.last("PUT")[1:] == (f"projects/P/members/{USER}", {"role": "admin"}, '"3"')


def test_a_member_is_removed_by_id_or_address(api: Api, run: Run) -> None:
    for name in (USER, "bob@example.com"):
        assert run("members", "remove", name).exit_code == 0
        assert api.last("DELETE")[1] == f"projects/P/members/{USER}"
    nobody = run("members", "remove", "nobody@example.com")
    assert "nobody@example.com" in str(nobody.exception)


def test_one_leaves_by_oneself(api: Api, run: Run) -> None:
    assert run("members", "leave").exit_code == 0
    assert api.last("DELETE")[1] == "projects/P/members/me"


def test_an_invitation_shows_the_command_to_accept_it(api: Api, run: Run) -> None:
    done = run("invite", "cyd@example.com", "--role", "operator", "--days", "3")
    assert "vedette join vdi_P_I1_secret" in done.output
    assert api.last("POST")[2] == {"email": "cyd@example.com", "role": "operator", "days": 3}


def test_an_invitation_is_accepted_and_withdrawn(api: Api, run: Run) -> None:
    assert "analyst of P" in run("join", "vdi_P_I1_secret").output
    assert api.last("POST")[2] == {"code": "vdi_P_I1_secret"}
    assert run("members", "withdraw", "cyd@example.com").exit_code == 0
    assert api.last("DELETE")[1] == "projects/P/invitations/I1"


def test_me_tells_every_page_of_memberships(run: Run) -> None:
    assert "bob@example.com" in run("me").output
    assert len(json.loads(run("me", "--json").output)["memberships"]) == 2


def test_owners_are_listed_invited_and_removed(api: Api, run: Run) -> None:
    assert "bob@example.com" in run("owners", "list").output
    assert "vedette join" in run("owners", "invite", "olga@example.com").output
    assert run("owners", "withdraw", "I1").exit_code == 0
    assert run("owners", "remove", "bob@example.com").exit_code == 0
    assert api.last("DELETE")[1] == f"owners/{USER}"


def test_who_may_make_no_project_works_in_their_only_one(api: Api, run: Run) -> None:
    api.projects = [{"id": "P", "name": "acme"}]
    assert run("members", "list").exit_code == 0
    api.projects = [{"id": "P", "name": "acme"}, {"id": "Q", "name": "other"}]
    assert "vedette me" in str(run("members", "list").exception)
