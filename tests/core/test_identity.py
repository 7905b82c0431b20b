"""Claims of a token, held to what the installation trusts."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.errors import Unauthenticated
from functions.core.identity import Person, Trust, person_of, user_id

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
TRUST = Trust(issuer="https://issuer.example", audience="vedette-cli", owner_group="owners")
CLAIMS = {
    "iss": "https://issuer.example",
    "aud": "vedette-cli",
    "sub": "alice",
    "iat": AT,
    "exp": AT + 600,
    "email": "Alice@Example.com",
    "email_verified": True,
    "name": "Alice",
}


def read(**changed: Any) -> Person:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    return person_of(claims, TRUST, now=NOW)


def test_a_person_is_the_same_for_one_subject_of_one_issuer_and_no_other() -> None:
    person = read()
    assert re.fullmatch(r"u_[0-9a-f]{32}", person.id)
    assert person.id == read(email="other@example.com").id == user_id("https://issuer.example", "alice")
    assert person.id not in {read(sub="bob").id, user_id("https://other.example", "alice")}
    assert person.until == datetime.fromtimestamp(AT + 600, UTC)
    assert (person.email, person.email_verified, person.name, person.owner) == (
        "alice@example.com",
        True,
        "Alice",
        False,
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://issuer.example/"}, {"iss": None}, {"aud": "another"}, {"aud": None}, {"aud": ["another"]},
        {"aud": ["vedette-cli", "another"], "azp": "another"}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256},
        {"exp": None}, {"exp": AT - 60}, {"exp": str(AT + 600)}, {"exp": True}, {"exp": float("nan")}, {"exp": 10**400}, {"exp": 2**40},
        {"nbf": AT + 61}, {"iat": AT + 61}, {"nbf": "soon"},
        {"token_use": "refresh"}, {"token_use": []}, {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
        {"aud": None, "client_id": "vedette-cli"}, {"aud": None, "client_id": "another", "token_use": "access"},
    ],
)  # fmt: skip
def test_whatever_does_not_hold_is_refused_without_a_reason(changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        read(**changed)
    assert refusal.value.message == "the credential is not valid"


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": AT - 59}, {"nbf": AT + 60}, {"iat": AT + 60}, {"iat": None}, {"aud": ["vedette-cli", "another"]},
        {"aud": ["another", "vedette-cli"], "azp": "vedette-cli"},
        {"aud": None, "client_id": "vedette-cli", "token_use": "access"},
    ],
)  # fmt: skip
def test_clocks_may_differ_by_a_minute_and_audiences_come_in_several_shapes(changed: dict[str, Any]) -> None:
    assert read(**changed).id == read().id


@pytest.mark.parametrize(
    ("groups", "owner"),
    [(["owners"], True), ("owners", True), (["other"], False), (None, False), ({"owners": 1}, False)],
)
def test_an_owner_is_who_the_group_claim_says(groups: Any, owner: bool) -> None:
    assert read(groups=groups).owner is owner


def test_without_a_group_for_owners_nobody_is_one_by_a_claim() -> None:
    nobody = Trust(issuer=TRUST.issuer, audience=TRUST.audience)
    assert person_of({**CLAIMS, "groups": [""]}, nobody, now=NOW).owner is False


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes", [], {}])
def test_an_address_is_verified_only_where_the_issuer_says_so(verified: Any) -> None:
    assert read(email_verified=verified).email_verified is False


def test_claims_of_other_types_are_no_text() -> None:
    person = read(email=["x"], name={"a": 1})
    assert (person.email, person.name) == ("", "")
