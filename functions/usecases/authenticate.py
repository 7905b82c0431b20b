"""A credential becomes a Principal, whatever its kind: no route knows the difference."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from functions.core.errors import NotFound, TooManyRequests, Unauthenticated
from functions.core.identity import Person
from functions.core.token import PREFIX, Presented, Principal, Token, presented, refused, split, stands
from functions.store.tokens import Tokens

_SCHEME = "bearer"
_YES = "yes"
_RETRY_AFTER = "retry_after"


class People(Protocol):
    """Reads the tokens of the one trusted issuer."""

    def person(self, token: str, *, now: datetime) -> Person: ...


class Credentials:
    """`people`: None where only machines are known."""

    def __init__(self, tokens: Tokens, people: People | None = None) -> None:
        self._tokens = tokens
        self._people = people

    def principal(self, header: str, *, now: datetime) -> Principal:
        """Who presents this `Authorization` header. Raises Unauthenticated, never saying why; Unavailable when the
        issuer of people has to be asked and does not answer."""
        scheme, _, credential = header.strip().partition(" ")
        if scheme.lower() != _SCHEME:
            raise refused()
        credential = credential.strip()
        if self._people is not None and not credential.startswith(f"{PREFIX}_"):
            return _user(self._people.person(credential, now=now))
        identifier, secret = split(credential)
        token = self._find(identifier)
        return _machine(token, presented(token, secret, now=now))

    def renewed(self, principal: Principal, *, now: datetime) -> Principal:
        """The same caller as of now, for connections that outlive a request. Raises Unauthenticated.

        A user's roles, and those of a token's maker, are read anew whenever they are asked for; nothing else of them is kept here.
        """
        if principal.kind == "user":
            return principal
        token = self._find(principal.id)
        stands(token, now=now)
        return _machine(token, Presented(principal.until, principal.maker))

    def _find(self, identifier: str) -> Token:
        try:
            return self._tokens.get(identifier)
        except NotFound:
            raise refused() from None


def context_of(principal: Principal) -> dict[str, str]:
    """The caller as API Gateway carries it: flat text."""
    return {
        "principal_id": principal.id,
        "kind": principal.kind,
        "name": principal.name,
        "project": principal.project,
        "scopes": " ".join(principal.scopes),
        "email": principal.email,
        "email_verified": _flag(principal.email_verified),
        "owner": _flag(principal.owner),
        "maker": principal.maker,
        "until": principal.until.isoformat() if principal.until else "",
    }


def throttled(error: TooManyRequests) -> dict[str, str]:
    """Nobody, who is to come again in so many seconds."""
    return {_RETRY_AFTER: str(error.retry_after)}


def principal_of(context: Mapping[str, Any]) -> Principal:
    """The inverse of both. Raises Unauthenticated where no authorizer has spoken, TooManyRequests."""
    if context.get(_RETRY_AFTER):
        raise TooManyRequests("you ask too often: wait a moment", retry_after=int(context[_RETRY_AFTER]))
    if not context.get("principal_id"):
        raise Unauthenticated("this needs a token: send Authorization: Bearer")
    return Principal.model_validate(
        {
            "id": context["principal_id"],
            "kind": context["kind"],
            "name": context.get("name") or "",
            "project": context.get("project") or "",
            "scopes": tuple(str(context.get("scopes") or "").split()),
            "email": context.get("email") or "",
            "email_verified": context.get("email_verified") == _YES,
            "owner": context.get("owner") == _YES,
            "maker": context.get("maker") or "",
            "until": context.get("until") or None,
        }
    )


def _flag(value: bool) -> str:
    return _YES if value else ""


def _user(person: Person) -> Principal:
    return Principal(
        id=person.id,
        kind="user",
        name=person.name,
        email=person.email,
        email_verified=person.email_verified,
        owner=person.owner,
        until=person.until,
    )


def _machine(token: Token, shown: Presented) -> Principal:
    return Principal(
        id=token.id,
        name=token.name,
        project=token.project,
        scopes=token.scopes,
        until=shown.until,
        maker=shown.maker,
        requests_per_minute=token.requests_per_minute,
    )
