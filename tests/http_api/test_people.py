"""People at the door: a token of the issuer is a caller, for as long as it lasts; an outage is no refusal."""

import copy
import dataclasses
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.adapters.oidc import Oidc
from functions.core.errors import Unavailable
from functions.core.identity import Trust, user_id
from functions.core.token import Principal
from functions.http_api import authorizer
from functions.usecases.authenticate import Credentials, principal_of
from functions.usecases.tokens import bootstrap_admin_token
from tests.http_api.conftest import LAMBDA_CONTEXT
from tests.oidc import CLIENT_ID, OWNERS, Issuer, Someone
from tests.platform_in_memory import START, Platform

EVENT = json.loads((Path(__file__).parent / "events" / "authorize.json").read_text())
BORN = START.timestamp()


@pytest.fixture(scope="module")
def known() -> Issuer:
    return Issuer()


@pytest.fixture
def issuer(platform: Platform, known: Issuer) -> Issuer:
    trust = Trust(issuer=known.url, audience=CLIENT_ID, owner_group=OWNERS)
    people = Oidc(trust, fetch=known.fetch, tell=lambda _text: None)
    credentials = Credentials(platform.http.tokens, people)
    platform.authorizer = dataclasses.replace(platform.authorizer, credentials=credentials)
    known.down = False
    return known


def ask(credential: str) -> dict[str, Any]:
    event = copy.deepcopy(EVENT)
    event["headers"]["authorization"] = f"Bearer {credential}"
    return authorizer.handler(event, LAMBDA_CONTEXT)


def caller(credential: str) -> Principal:
    answer = ask(credential)
    assert answer["isAuthorized"] is True
    assert all(isinstance(value, str) for value in answer["context"].values())
    return principal_of(answer["context"])


def test_a_person_comes_in_with_what_the_issuer_says_of_them(issuer: Issuer) -> None:
    principal = caller(issuer.token(Someone(subject="Zoë", email="zoe@example.com", groups=(OWNERS,)), at=BORN))
    assert principal == Principal(
        id=user_id(issuer.url, "Zoë"),
        kind="user",
        name="Zoë",
        email="zoe@example.com",
        email_verified=True,
        owner=True,
        until=START + timedelta(seconds=issuer.life_s),
    )


def test_who_is_in_no_group_of_owners_is_none(issuer: Issuer) -> None:
    principal = caller(issuer.token(Someone(email_verified=False, groups=("vedette",)), at=BORN))
    assert (principal.owner, principal.email_verified) == (False, False)


def test_a_token_ends(issuer: Issuer, platform: Platform) -> None:
    token = issuer.token(at=BORN)
    assert ask(token)["isAuthorized"]
    platform.clock.advance(seconds=issuer.life_s + 60)
    assert ask(token) == {"isAuthorized": False}


def test_a_token_of_another_issuer_or_for_another_client_is_refused(issuer: Issuer) -> None:
    assert ask(Issuer(url=issuer.url).token(at=BORN)) == {"isAuthorized": False}
    assert ask(issuer.token(at=BORN, aud="another")) == {"isAuthorized": False}


def test_machines_come_in_as_ever_while_the_issuer_is_away(issuer: Issuer, platform: Platform) -> None:
    issuer.down = True
    token = bootstrap_admin_token(platform.http.tokens, name="first", now=START)
    assert ask(token)["isAuthorized"] is True


def test_an_issuer_that_is_away_is_an_outage_and_no_refusal(issuer: Issuer) -> None:
    issuer.down = True
    with pytest.raises(Unavailable):
        ask(issuer.token(at=BORN))


def test_without_an_issuer_there_are_no_people(issuer: Issuer, platform: Platform) -> None:
    platform.authorizer = dataclasses.replace(platform.authorizer, credentials=Credentials(platform.http.tokens))
    assert ask(issuer.token(at=BORN)) == {"isAuthorized": False}
