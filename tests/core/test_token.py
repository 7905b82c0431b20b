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


def rotated_to(secret: str, one: Token, *, overlap: timedelta, maker: str = "") -> Token:
    return token.rotate(one, secret, overlap=overlap, maker=maker, now=AT)


def test_only_its_own_secret_is_taken_and_none_is_kept() -> None:
    secret = token.new_secret()
    own = kept(secret)
    assert token.presented(own, secret, now=AT) == (None, "")
    for wrong in (secret + "x", own.secret_hash, ""):
        with pytest.raises(Unauthenticated):
            token.presented(own, wrong, now=AT)
    assert secret not in own.model_dump_json()
    assert token.compose(ID, secret).startswith(f"{own.prefix}_")


def test_what_is_presented_ends_with_its_token() -> None:
    end = AT + timedelta(hours=1)
    assert token.presented(kept("s" * 43, expires=end), "s" * 43, now=AT).until == end
    for ended in (kept("s" * 43, expires=AT), kept("s" * 43, revoked=AT)):
        with pytest.raises(Unauthenticated):
            token.presented(ended, "s" * 43, now=AT)


def test_a_rotation_ends_the_secret_before_at_once_or_after_the_overlap() -> None:
    first, second, third = ("abc"[number] * 43 for number in range(3))
    at_once = rotated_to(second, kept(first), overlap=timedelta(0))
    assert (at_once.rotated, at_once.version) == (AT, 2)
    with pytest.raises(Unauthenticated):
        token.presented(at_once, first, now=AT)
    overlap = timedelta(minutes=10)
    rotated = rotated_to(second, kept(first), overlap=overlap)
    assert token.presented(rotated, second, now=AT).until is None
    assert token.presented(rotated, first, now=AT).until == AT + overlap
    with pytest.raises(Unauthenticated):
        token.presented(rotated, first, now=AT + overlap)
    again = rotated_to(third, rotated, overlap=overlap)
    with pytest.raises(Unauthenticated):
        token.presented(again, first, now=AT)
    assert token.presented(again, second, now=AT).until == AT + overlap


def test_each_secret_is_bounded_by_whose_it_is() -> None:
    """What somebody held who is gone does not come back with the secret that another one is given."""
    first, second, third = ("abc"[number] * 43 for number in range(3))
    adas = kept(first, maker="u_ada")
    bobs = rotated_to(second, adas, overlap=timedelta(minutes=10), maker="u_bob")
    assert [token.presented(bobs, each, now=AT).maker for each in (first, second)] == ["u_ada", "u_bob"]
    nobodys = rotated_to(third, bobs, overlap=timedelta(minutes=10))
    assert [token.presented(nobodys, each, now=AT).maker for each in (second, third)] == ["u_bob", ""]


def test_a_user_answers_for_what_they_and_their_tokens_make_unless_only_their_issuer_knows_them_as_owner() -> None:
    user = token.Principal(id="u_ada", kind="user")
    assert user.answerable == "u_ada"
    assert user.model_copy(update={"owner": True}).answerable == ""
    assert token.Principal(id=ID, maker="u_ada").answerable == "u_ada"
    assert token.Principal(id=ID).answerable == ""


def test_the_secret_before_outlives_no_token() -> None:
    end = AT + timedelta(minutes=5)
    rotated = rotated_to("b" * 43, kept("a" * 43, expires=end), overlap=timedelta(minutes=10))
    assert token.presented(rotated, "a" * 43, now=AT).until == end


def test_an_empty_hash_before_is_nobodys() -> None:
    odd = kept("a" * 43, previous_until=AT + timedelta(days=1))
    with pytest.raises(Unauthenticated):
        token.presented(odd, "", now=AT)
