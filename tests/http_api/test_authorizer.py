"""The authorizer: who is let in, and that a refusal tells nothing."""

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

EVENT = json.loads((Path(__file__).parent / "events" / "authorize.json").read_text())
REFUSED = {"isAuthorized": False}


def ask(header: str) -> dict[str, Any]:
    event = copy.deepcopy(EVENT)
    event["headers"]["authorization"] = header
    return authorizer.handler(event, LAMBDA_CONTEXT)


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


def test_the_bootstrap_token_is_let_in_with_all_scopes(platform: Platform) -> None:
    token = bootstrap_admin_token(platform.http.tokens, name="first", now=START)
    answer = ask(f"Bearer {token}")
    assert answer["isAuthorized"] is True
    principal = principal_of(answer["context"])
    assert (principal.project, principal.scopes) == ("", ("read", "scan", "triage", "admin"))


def test_a_project_token_is_let_in_with_its_project_and_its_end(platform: Platform) -> None:
    project, end = new_id(START), START + timedelta(hours=1)
    answer = ask(f"bearer {make(platform, project=project, expires=end)}")
    assert all(isinstance(value, str) for value in answer["context"].values())
    principal = principal_of(answer["context"])
    assert (principal.project, principal.scopes, principal.until) == (project, ("read", "scan"), end)


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
def test_what_is_no_token_of_ours_is_refused(platform: Platform, header: str) -> None:
    assert ask(header) == REFUSED


def test_a_wrong_secret_an_expired_and_a_revoked_token_are_refused_alike(platform: Platform) -> None:
    good = make(platform, expires=START + timedelta(hours=1))
    identifier = good.split("_")[1]
    assert ask(f"Bearer {good}")["isAuthorized"]

    wrong = ask(f"Bearer {compose(identifier, new_secret())}")
    platform.clock.advance(hours=1)
    expired = ask(f"Bearer {good}")
    other = make(platform)
    platform.http.tokens.revoke("", other.split("_")[1], now=START)
    revoked = ask(f"Bearer {other}")
    assert wrong == expired == revoked == REFUSED


def test_an_event_without_headers_is_refused(platform: Platform) -> None:
    assert authorizer.handler({"version": "2.0", "headers": None}, LAMBDA_CONTEXT) == REFUSED


def test_the_table_holds_no_secret(platform: Platform) -> None:
    token = make(platform)
    identifier, secret = token.split("_", 2)[1:]
    stored = platform.http.tokens.get(identifier).model_dump_json()
    assert secret not in stored
    assert hash_secret(secret) in stored
