"""API tokens: a token is shown once, at its birth and when it is rotated; the store keeps a hash of its secret."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from functions.core.audit import Acting
from functions.core.errors import Conflict, Forbidden, InvalidInput, StaleVersion
from functions.core.ids import new_id
from functions.core.roles import OWN, Permissions, Role, of_scopes
from functions.core.token import Principal, Scope, Token, compose, hash_secret, new_secret, rotate
from functions.store.audit import acting
from functions.store.listeners import Listeners
from functions.store.tokens import Tokens

ALL_SCOPES: tuple[Scope, ...] = ("read", "scan", "triage", "admin")


class NewToken(NamedTuple):
    token: Token
    text: str
    """What the caller presents from now on; it cannot be had again."""


class Maker(NamedTuple):
    """Who asks for a token, and what they may do where it is for."""

    principal: Principal
    allowed: Permissions


@dataclass(frozen=True, kw_only=True)
class ManageTokens:
    """`project` is empty for the organisation's. What ends a secret closes the live connections that it opened."""

    tokens: Tokens
    listeners: Listeners

    def make(
        self,
        maker: Maker,
        *,
        identifier: str,
        project: str,
        name: str,
        scopes: tuple[Scope, ...],
        expires: datetime | None,
        requests_per_minute: int | None,
        now: datetime,
    ) -> NewToken:
        """Raises AlreadyExists, InvalidInput, Forbidden for more than the maker may do.

        What a token makes ends when it does, so that nobody outlives what they hold by making another.
        """
        _within(maker, scopes, project)
        end = maker.principal.until if maker.principal.kind == "token" else None
        if end is not None and expires is not None and expires > end:
            raise InvalidInput("expires", f"a token made by a token ends with it at the latest: {end.isoformat()}")
        return create_token(
            self.tokens,
            identifier=identifier,
            project=project,
            name=name,
            scopes=scopes,
            expires=expires or end,
            created_by=maker.principal.id,
            maker=maker.principal.answerable,
            requests_per_minute=requests_per_minute,
            now=now,
        )

    def rotate(
        self, maker: Maker, project: str, identifier: str, *, overlap: timedelta, expected: int, now: datetime
    ) -> NewToken:
        """Another secret. Raises NotFound, StaleVersion, Conflict for a token that has ended, Forbidden as for making it."""
        token = self.tokens.of_project(project, identifier)
        _within(maker, token.scopes, project)
        if token.version != expected:
            raise StaleVersion("the token was changed meanwhile: read it again")
        if token.revoked is not None or (token.expires is not None and token.expires <= now):
            raise Conflict("this token has ended: make another one")
        secret = new_secret()
        rotated = rotate(token, secret, overlap=overlap, maker=maker.principal.answerable, now=now)
        self.tokens.replace(rotated, expected=expected)
        self.listeners.shut(identifier, why="the token was rotated", now=now)
        return NewToken(rotated, compose(identifier, secret))

    def revoke(self, project: str, identifier: str, *, now: datetime) -> None:
        """Again where a crash left connections open. Raises NotFound."""
        self.tokens.revoke(project, identifier, now=now)
        self.listeners.shut(identifier, why="the token was revoked", now=now)


def create_token(
    tokens: Tokens,
    *,
    identifier: str,
    project: str,
    name: str,
    scopes: tuple[Scope, ...],
    expires: datetime | None,
    now: datetime,
    created_by: str = "",
    maker: str = "",
    requests_per_minute: int | None = None,
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
        created_by=created_by,
        maker=maker,
        expires=expires,
        requests_per_minute=requests_per_minute,
    )
    tokens.create(token)
    return NewToken(token, compose(identifier, secret))


def bootstrap_admin_token(tokens: Tokens, *, name: str, now: datetime) -> str:
    """The first token of an installation, written straight into the table by whoever holds its AWS credentials."""
    identifier = new_id(now)
    with acting(Acting(principal="bootstrap", kind="bootstrap", route="bootstrap", request=identifier)):
        return create_token(
            tokens, identifier=identifier, project="", name=name, scopes=ALL_SCOPES, expires=None, now=now
        ).text


def _within(maker: Maker, scopes: tuple[Scope, ...], project: str) -> None:
    """A token may do no more than who holds its secret first: its maker, or who rotates it; and later no more than they still may."""
    wanted = of_scopes(scopes)
    if project:
        wanted -= OWN[Role.OWNER].keys()
    if missing := sorted(wanted - maker.allowed):
        raise Forbidden(f"these scopes allow more than you may do yourself: {', '.join(missing)}")
