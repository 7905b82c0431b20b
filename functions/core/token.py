"""API tokens: `vdt_{id}_{secret}`; only a hash of the secret is kept, and the token is shown once."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import Field

from functions.core.errors import Unauthenticated
from functions.core.ids import is_id
from functions.core.model import Id, Model, Time

PREFIX = "vdt"
MAX_REQUESTS_PER_MINUTE = 100_000
MAX_OVERLAP = timedelta(days=1)
"""How long the secret before a rotation may go on."""
Scope = Literal["read", "scan", "triage", "admin"]


class Token(Model):
    """`project` is empty for an organisation token, which reaches every project."""

    id: Id
    project: Id | Literal[""] = ""
    name: str = Field(min_length=1, max_length=100)
    scopes: tuple[Scope, ...] = Field(min_length=1)
    secret_hash: str
    """SHA-256, hex, of a secret of 256 random bits (no stretching is needed for such a secret)."""
    created: Time
    created_by: str = ""
    """A user or another token; empty for the first one of an installation."""
    maker: str = ""
    """The user whose present role bounds what it may do: who made it, or rotated it last, by themselves or by a token of
    theirs. Empty: nobody's, for what the installation made, and for owners whom only their issuer knows as such."""
    expires: Time | None = None
    revoked: Time | None = None
    rotated: Time | None = None
    previous_hash: str = ""
    """Of the secret before the last rotation, which is good until `previous_until`."""
    previous_until: Time | None = None
    previous_maker: str = ""
    requests_per_minute: int | None = Field(default=None, ge=1, le=MAX_REQUESTS_PER_MINUTE)
    """None: as many as the stage says."""
    version: int = 1

    @property
    def prefix(self) -> str:
        """What every secret of it begins with: enough to know a token found somewhere by, and worth nothing."""
        return f"{PREFIX}_{self.id}"


class Principal(Model):
    """Who calls: what the authorizer hands to every route, whatever kind of credential it saw.

    What they may do in which project is for `usecases/authorise.py` to say, on each request anew.
    """

    id: str
    """A token's id, or `u_...` of a user."""
    kind: Literal["token", "user"] = "token"
    name: str = ""
    project: Id | Literal[""] = ""
    """The one project that a token reaches; empty: every one. A user's projects are their memberships."""
    scopes: tuple[Scope, ...] = ()
    """Of a token."""
    email: str = ""
    email_verified: bool = False
    owner: bool = False
    """Whether the issuer of a user's identity calls them an owner of the organisation."""
    maker: str = ""
    """Of a token: the user whose present role bounds it; empty: nobody's does."""
    until: Time | None = None
    """When the credential ends; None where it has no end. No connection that it opened lasts longer."""
    requests_per_minute: int | None = None
    """None: as many as the stage says."""

    @property
    def answerable(self) -> str:
        """Whose role bounds what this caller makes, where it is a user's."""
        if self.kind == "token":
            return self.maker
        return "" if self.owner else self.id


class Presented(NamedTuple):
    """What a good secret stands for: when it ends (None: never), and whose role bounds it."""

    until: datetime | None
    maker: str


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def compose(identifier: str, secret: str) -> str:
    return f"{PREFIX}_{identifier}_{secret}"


def split(text: str) -> tuple[str, str]:
    """(token id, secret) of a presented token. Raises Unauthenticated for anything else, without saying why."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or not is_id(parts[1]) or not 20 <= len(parts[2]) <= 100:
        raise refused()
    return parts[1], parts[2]


def stands(token: Token, *, now: datetime) -> None:
    """Raises Unauthenticated for one that is revoked or has expired."""
    if token.revoked is not None or (token.expires is not None and token.expires <= now):
        raise refused()


def presented(token: Token, secret: str, *, now: datetime) -> Presented:
    """Raises Unauthenticated, never saying why, unless what is presented is good now."""
    stands(token, now=now)
    shown = hash_secret(secret)
    if hmac.compare_digest(token.secret_hash, shown):
        return Presented(token.expires, token.maker)
    end = token.previous_until
    if end is None or end <= now or not hmac.compare_digest(token.previous_hash, shown):
        raise refused()
    return Presented(end if token.expires is None else min(end, token.expires), token.previous_maker)


def rotate(token: Token, secret: str, *, overlap: timedelta, maker: str, now: datetime) -> Token:
    """The token with another secret, which is `maker`'s; the one before goes on for `overlap` as whose it was, any older one ends."""
    return token.model_copy(
        update={
            "secret_hash": hash_secret(secret),
            "maker": maker,
            "previous_maker": token.maker if overlap else "",
            "previous_hash": token.secret_hash if overlap else "",
            "previous_until": now + overlap if overlap else None,
            "rotated": now,
            "version": token.version + 1,
        }
    )


def refused() -> Unauthenticated:
    return Unauthenticated("the credential is not valid")
