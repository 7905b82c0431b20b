"""API tokens: `vdt_{id}_{secret}`; only a hash of the secret is kept, and the token is shown once."""

import hashlib
import hmac
import secrets
from typing import Literal

from pydantic import Field

from functions.core.errors import Unauthenticated
from functions.core.ids import is_id
from functions.core.model import Id, Model, Time

PREFIX = "vdt"
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
    expires: Time | None = None
    revoked: Time | None = None
    version: int = 1


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
    until: Time | None = None
    """When the credential ends; None where it has no end. No connection that it opened lasts longer."""


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
        raise Unauthenticated("the token is not valid")
    return parts[1], parts[2]


def matches(token: Token, secret: str) -> bool:
    return hmac.compare_digest(token.secret_hash, hash_secret(secret))
