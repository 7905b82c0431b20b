"""Tokens as they are shown, kept and presented."""

from datetime import UTC, datetime, timedelta
from typing import Any

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
    assert refusal.value.message == "the credential is not valid"


def kept(secret: str, **fields: Any) -> Token:
    return Token(id=ID, name="ci", scopes=("read",), secret_hash=token.hash_secret(secret), created=AT, **fields)


def test_only_its_own_secret_is_taken_and_none_is_kept() -> None:
    secret = token.new_secret()
    own = kept(secret)
    assert token.presented(own, secret, now=AT) is None
    for wrong in (secret + "x", own.secret_hash, ""):
        with pytest.raises(Unauthenticated):
            token.presented(own, wrong, now=AT)
    assert secret not in own.model_dump_json()
    assert token.compose(ID, secret).startswith(f"{own.prefix}_")


def test_what_is_presented_ends_with_its_token() -> None:
    end = AT + timedelta(hours=1)
    assert token.presented(kept("s" * 43, expires=end), "s" * 43, now=AT) == end
    for ended in (kept("s" * 43, expires=AT), kept("s" * 43, revoked=AT)):
        with pytest.raises(Unauthenticated):
            token.presented(ended, "s" * 43, now=AT)


def test_a_rotation_ends_the_secret_before_at_once_or_after_the_overlap() -> None:
    first, second, third = ("abc"[number] * 43 for number in range(3))
    at_once = token.rotate(kept(first), second, overlap=timedelta(0), now=AT)
    assert (at_once.rotated, at_once.version) == (AT, 2)
    with pytest.raises(Unauthenticated):
        token.presented(at_once, first, now=AT)
    overlap = timedelta(minutes=10)
    rotated = token.rotate(kept(first), second, overlap=overlap, now=AT)
    assert token.presented(rotated, second, now=AT) is None
    assert token.presented(rotated, first, now=AT) == AT + overlap
    with pytest.raises(Unauthenticated):
        token.presented(rotated, first, now=AT + overlap)
    again = token.rotate(rotated, third, overlap=overlap, now=AT)
    with pytest.raises(Unauthenticated):
        token.presented(again, first, now=AT)
    assert token.presented(again, second, now=AT) == AT + overlap


def test_the_secret_before_outlives_no_token() -> None:
    end = AT + timedelta(minutes=5)
    rotated = token.rotate(kept("a" * 43, expires=end), "b" * 43, overlap=timedelta(minutes=10), now=AT)
    assert token.presented(rotated, "a" * 43, now=AT) == end


def test_an_empty_hash_before_is_nobodys() -> None:
    odd = kept("a" * 43, previous_until=AT + timedelta(days=1))
    with pytest.raises(Unauthenticated):
        token.presented(odd, "", now=AT)
