"""Making API tokens: a token is shown once, at its birth; the store keeps a hash of its secret."""

from datetime import datetime
from typing import NamedTuple

from functions.core.errors import InvalidInput
from functions.core.ids import new_id
from functions.core.token import Scope, Token, compose, hash_secret, new_secret
from functions.store.tokens import Tokens

ALL_SCOPES: tuple[Scope, ...] = ("read", "scan", "triage", "admin")


class NewToken(NamedTuple):
    token: Token
    text: str
    """What the caller presents from now on; it cannot be had again."""


def create_token(
    tokens: Tokens,
    *,
    identifier: str,
    project: str,
    name: str,
    scopes: tuple[Scope, ...],
    expires: datetime | None,
    now: datetime,
) -> NewToken:
    """`project` empty: an organisation token. Raises AlreadyExists, InvalidInput when it would be born expired."""
    if expires is not None and expires <= now:
        raise InvalidInput(
            "expires", "this time has passed; give a later one, or none for a token that does not expire"
        )
    secret = new_secret()
    token = Token(
        id=identifier,
        project=project,
        name=name,
        scopes=tuple(dict.fromkeys(scopes)),
        secret_hash=hash_secret(secret),
        created=now,
        expires=expires,
    )
    tokens.create(token)
    return NewToken(token, compose(identifier, secret))


def bootstrap_admin_token(tokens: Tokens, *, name: str, now: datetime) -> str:
    """The first token of an installation, written straight into the table by whoever holds its AWS credentials."""
    return create_token(
        tokens, identifier=new_id(now), project="", name=name, scopes=ALL_SCOPES, expires=None, now=now
    ).text
