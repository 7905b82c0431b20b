"""The authorizer: who is let in at both doors, and that a refusal tells nothing."""

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core.ids import new_id
from functions.core.token import compose, hash_secret, new_secret
from functions.http_api import authorizer
from functions.usecases.authenticate import principal_of
from functions.usecases.tokens import bootstrap_admin_token, create_token
from tests.http_api.conftest import LAMBDA_CONTEXT
from tests.platform_in_memory import START, Platform

EVENTS = {
    "http": json.loads((Path(__file__).parent / "events" / "authorize.json").read_text()),
    "websocket": json.loads((Path(__file__).parents[1] / "websocket" / "events" / "authorize.json").read_text()),
}


def ask(door: str, header: str) -> dict[str, Any]:
    event = copy.deepcopy(EVENTS[door])
    name = "authorization" if door == "http" else "Authorization"
    event["headers"][name] = header
    return authorizer.handler(event, LAMBDA_CONTEXT)


def is_refused(door: str, answer: dict[str, Any]) -> bool:
    if door == "http":
        return answer == {"isAuthorized": False}
    statement = answer["policyDocument"]["Statement"][0]
    return bool(statement["Effect"] == "Deny" and answer["context"] == {})


def make(platform: Platform, *, project: str = "", expires: datetime | None = None) -> str:
    return create_token(
        platform.http.tokens,
        identifier=new_id(START),
        project=project,
        name="ci",
        scopes=("read", "scan"),
        expires=expires,
        now=START,
    ).text


def test_the_bootstrap_token_is_let_in_at_the_http_door_with_all_scopes(platform: Platform) -> None:
    token = bootstrap_admin_token(platform.http.tokens, name="first", now=START)
    answer = ask("http", f"Bearer {token}")
    assert answer["isAuthorized"] is True
    principal = principal_of(answer["context"])
    assert (principal.project, principal.scopes) == ("", ("read", "scan", "triage", "admin"))


def test_a_project_token_is_let_in_at_the_websocket_with_its_project(platform: Platform) -> None:
    project = new_id(START)
    answer = ask("websocket", f"bearer {make(platform, project=project)}")
    assert answer["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": EVENTS["websocket"]["methodArn"]}
    ]
    assert all(isinstance(value, str) for value in answer["context"].values())
    principal = principal_of(answer["context"])
    assert (principal.project, principal.scopes) == (project, ("read", "scan"))


@pytest.mark.parametrize("door", ["http", "websocket"])
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer TOKEN",
        "Basic dXNlcjpwYXNz",
        "Bearer vdt_01KAJ0000000000000000000N0_" + "x" * 43,
        "Bearer vdt__",
        "Bearer vdt_01KAJ0000000000000000000N0_" + "x" * 5000,
        "Bearer vdt_01KAJ0000000000000000000N0_é" + "x" * 42,
    ],
)
def test_what_is_no_token_of_ours_is_refused(platform: Platform, door: str, header: str) -> None:
    assert is_refused(door, ask(door, header))


@pytest.mark.parametrize("door", ["http", "websocket"])
def test_a_wrong_secret_an_expired_and_a_revoked_token_are_refused_alike(platform: Platform, door: str) -> None:
    good = make(platform, expires=START + timedelta(hours=1))
    identifier = good.split("_")[1]
    assert not is_refused(door, ask(door, f"Bearer {good}"))

    wrong = ask(door, f"Bearer {compose(identifier, new_secret())}")
    platform.clock.advance(hours=1)
    expired = ask(door, f"Bearer {good}")
    other = make(platform)
    platform.http.tokens.revoke("", other.split("_")[1], now=START)
    revoked = ask(door, f"Bearer {other}")
    assert is_refused(door, wrong)
    assert wrong == expired == revoked


def test_an_event_without_headers_is_refused(platform: Platform) -> None:
    assert is_refused("http", authorizer.handler({"version": "2.0", "headers": None}, LAMBDA_CONTEXT))


def test_the_table_holds_no_secret(platform: Platform) -> None:
    token = make(platform)
    identifier, secret = token.split("_", 2)[1:]
    stored = platform.http.tokens.get(identifier).model_dump_json()
    assert secret not in stored
    assert hash_secret(secret) in stored
