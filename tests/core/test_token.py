"""Tokens as they are shown, kept and presented."""

from datetime import UTC, datetime

import pytest

from functions.core import token
from functions.core.errors import Unauthenticated
from functions.core.ids import derived_id
from functions.core.token import Token

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ID = derived_id(AT, "a token")


def test_a_token_is_read_as_it_was_shown() -> None:
    secret = token.new_secret()
    assert token.split(token.compose(ID, secret)) == (ID, secret)


def test_a_secret_may_have_the_separator_in_it() -> None:
    assert token.split(token.compose(ID, "_-" * 20)) == (ID, "_-" * 20)


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {token.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert min(map(len, secrets)) >= 43


@pytest.mark.parametrize(
    "text",
    ["", "vdt", "vdt__", f"vdt_{ID}", f"vdt_{ID}_", f"vdt_{ID}_short", f"vdt_{ID}_{'x' * 101}", f"VDT_{ID}_{'x' * 43}",
     f"vdt_{ID.lower()}_{'x' * 43}", f"vdt_{'0' * 25}_{'x' * 43}", f"Bearer vdt_{ID}_{'x' * 43}", f" vdt_{ID}_{'x' * 43}"],
)  # fmt: skip
def test_anything_else_is_refused_without_a_reason(text: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        token.split(text)
    assert refusal.value.message == "the token is not valid"


def test_only_its_own_secret_matches() -> None:
    secret = token.new_secret()
    kept = Token(id=ID, name="ci", scopes=("read",), secret_hash=token.hash_secret(secret), created=AT)
    assert token.matches(kept, secret)
    assert not token.matches(kept, secret + "x")
    assert not token.matches(kept, kept.secret_hash)
    assert secret not in kept.model_dump_json()
