"""Who a token of the trusted issuer speaks for: its claims, held to what this installation trusts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from functions.core.errors import Unauthenticated
from functions.core.model import Model, Time

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by a key pair alone; never `none`, never a secret that both sides know."""
SKEW = timedelta(seconds=60)
"""How far the issuer's clock may be from ours."""
REDIRECT_URIS = tuple(f"http://127.0.0.1:{port}/callback" for port in (17817, 23817, 28817, 29817, 31817))
"""Where `vedette login` waits for the browser: each must be registered with the issuer."""
SCOPES = ("openid", "email", "profile")
MAX_SUBJECT = 255
LAST_SECOND = 2**37
"""Some thousand years from now: a later time is no time."""
MAX_TEXT = 320


@dataclass(frozen=True, kw_only=True)
class Trust:
    """`audience`: whom a token must be for; `owner_group`: the value of the group claim that makes an owner, if any."""

    issuer: str
    audience: str
    group_claim: str = "groups"
    owner_group: str = ""


class Person(Model):
    """`id`: `u_` and 32 hex digits, the same for one subject of one issuer for ever; `until`: when the token ends."""

    id: str
    until: Time
    email: str = ""
    email_verified: bool = False
    name: str = ""
    owner: bool = False


class LoginOffer(Model):
    """How people log in here. `token`: which of the issuer's tokens this API takes."""

    issuer: str
    client_id: str
    discovery: str
    token: str
    scopes: tuple[str, ...] = SCOPES
    redirect_uris: tuple[str, ...] = REDIRECT_URIS


def user_id(issuer: str, subject: str) -> str:
    return f"u_{hashlib.sha256(f'{issuer}|{subject}'.encode()).hexdigest()[:32]}"


def person_of(claims: Mapping[str, Any], trust: Trust, *, now: datetime) -> Person:
    """`claims` of a token whose signature holds. Raises Unauthenticated, without saying why."""
    subject = claims.get("sub")
    holds = (
        claims.get("iss") == trust.issuer,
        isinstance(subject, str) and 0 < len(subject) <= MAX_SUBJECT,
        _is_for(claims, trust.audience),
        _is_current(claims, now),
        # A logout token has the same issuer, audience and key.
        "events" not in claims,
        claims.get("token_use", "id") in ("id", "access"),
    )
    if not all(holds):
        raise Unauthenticated("the credential is not valid")
    verified = claims.get("email_verified")
    return Person(
        id=user_id(trust.issuer, str(subject)),
        until=datetime.fromtimestamp(claims["exp"], UTC),
        email=_text(claims, "email").strip().lower(),
        email_verified=verified is True or verified == "true",
        name=_text(claims, "name") or _text(claims, "preferred_username"),
        owner=bool(trust.owner_group) and trust.owner_group in _listed(claims.get(trust.group_claim)),
    )


def _is_for(claims: Mapping[str, Any], audience: str) -> bool:
    """Cognito's access tokens have no audience; they name the client instead."""
    named = _listed(claims.get("aud"))
    if len(named) > 1 and claims.get("azp", audience) != audience:
        return False
    if named or claims.get("token_use") != "access":
        return audience in named
    return claims.get("client_id") == audience


def _is_current(claims: Mapping[str, Any], now: datetime) -> bool:
    """An end is required; a beginning and a birth hold where they are told."""
    ends, starts, born = (claims.get(name) for name in ("exp", "nbf", "iat"))
    skew, instant = SKEW.total_seconds(), now.timestamp()
    if not _is_time(ends) or instant >= ends + skew:
        return False
    return all(value is None or (_is_time(value) and value <= instant + skew) for value in (starts, born))


def _is_time(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LAST_SECOND


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _listed(value: Any) -> tuple[str, ...]:
    """One or several: issuers write both."""
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str))
