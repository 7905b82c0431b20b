"""`vedette authorities` and `vedette exclusions`, against an API in memory."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from cli import access as access_module
from cli import authorities, exclusions, session
from cli.access import Access
from cli.client import Client

Json = dict[str, Any]
MADE: Json = {
    "id": "A1",
    "kind": "attestation",
    "status": "active",
    "ranges": ["10.0.0.0/8"],
    "domains": [],
    "addresses": [],
    "names": [],
    "authorized_by": "the owner",
    "challenge": "",
    "external_id": "",
    "role": "",
    "until": "2027-11-21T00:00:00Z",
    "why": "",
}
EXCLUSION: Json = {"id": "X1", "targets": ["10.0.0.9"], "reason": "fragile", "by": "T", "created": "2026", "version": 1}
Run = Callable[..., Result]


class Api:
    """Remembers what was asked; makes what it is asked to make."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Json]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.split("/v1/", 1)[1]
        body = json.loads(request.content) if request.content else {}
        self.asked.append((request.method, path, body))
        return httpx.Response(200, json=self._answer(request.method, path, body))

    def _answer(self, method: str, path: str, body: Json) -> Json:
        proof = {"dns": {"challenge": "vedette=A1"}, "aws": {"external_id": "vedette-A1"}}
        answers: dict[tuple[str, str], Json] = {
            ("GET", "projects"): {"items": [{"id": "P", "name": "default"}]},
            ("GET", "projects/P/authorities"): {"items": [MADE]},
            ("POST", "projects/P/authorities"): MADE | body | proof.get(body.get("kind", ""), {}),
            ("POST", "projects/P/authorities/A1/verify"): MADE,
            ("POST", "projects/P/authorities/A1/revoke"): MADE,
            ("GET", "projects/P/authorities/A1/targets"): {"targets": ["192.0.2.1", "lb.example.com"], "read": None},
            ("GET", "exclusions"): {"items": [EXCLUSION]},
            ("POST", "exclusions"): EXCLUSION,
            ("GET", "exclusions/X1"): EXCLUSION,
            ("DELETE", "exclusions/X1"): {},
        }
        return answers[method, path]


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def run(api: Api, monkeypatch: pytest.MonkeyPatch) -> Run:
    access = Access(url="https://api.example", websocket_url="wss://live.example", token="vdt_x")
    monkeypatch.setattr(access_module, "find", lambda: access)
    monkeypatch.setattr(session, "Client", lambda given: Client(given, transport=httpx.MockTransport(api)))

    def call(*words: str, app: Typer = authorities.app) -> Result:
        return CliRunner().invoke(app, list(words))

    return call


def test_an_attestation_is_recorded_with_its_end(api: Api, run: Run) -> None:
    words = ("--range", "10.0.0.0/8", "--domain", "example.com", "--by", "the owner", "--statement", "all")
    done = run("add", *words, "--until", "2027-03-31")
    assert done.exit_code == 0, done.output
    body = api.asked[-1][2]
    assert (body["kind"], body["ranges"], body["domains"]) == ("attestation", ["10.0.0.0/8"], ["example.com"])
    assert body["until"] == "2027-03-31T00:00:00+00:00"


def test_what_proves_a_domain_is_told(run: Run) -> None:
    done = run("add", "--dns", "--domain", "example.com", "--by", "the owner")
    assert "_vedette-challenge.example.com" in done.output
    assert '"vedette=A1"' in done.output
    assert "vedette authorities verify A1" in done.output


def test_what_the_role_of_an_account_must_ask_for_is_told(run: Run) -> None:
    role = "arn:aws:iam::123456789012:role/vedette-reader"
    done = run("add", "--aws", role, "--region", "eu-central-1", "--by", "the owner")
    assert role in done.output
    assert '"sts:ExternalId": "vedette-A1"' in done.output


def test_the_others_call_their_route(api: Api, run: Run) -> None:
    assert "10.0.0.0/8" in run("list").output
    assert run("verify", "A1").exit_code == 0
    assert run("targets", "A1").output == "192.0.2.1\nlb.example.com\n"
    assert run("revoke", "A1", "--why", "sold").exit_code == 0
    assert api.asked[-1] == ("POST", "projects/P/authorities/A1/revoke", {"why": "sold"})


def test_a_time_that_is_none_is_refused(run: Run) -> None:
    assert run("add", "--range", "10.0.0.1", "--by", "x", "--until", "soon").exit_code != 0
    assert run("add", "--dns", "--aws", "x", "--by", "x").exit_code != 0


def test_exclusions_belong_to_no_project(api: Api, run: Run) -> None:
    assert run("add", "10.0.0.9", "--reason", "fragile", app=exclusions.app).exit_code == 0
    assert api.asked == [("POST", "exclusions", {"targets": ["10.0.0.9"], "reason": "fragile"})]
    assert "fragile" in run("list", app=exclusions.app).output
    assert run("remove", "X1", app=exclusions.app).exit_code == 0
    assert api.asked[-1][:2] == ("DELETE", "exclusions/X1")
