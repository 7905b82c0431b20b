"""Tokens of people: JWTs of the one trusted issuer, checked against the keys that it publishes."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.adapters.issuer_documents import Document, Fetch, read_keys
from functions.core.errors import Unauthenticated, Unavailable
from functions.core.identity import ALGORITHMS, Person, Trust, person_of

if TYPE_CHECKING:
    from jwt import PyJWK

FRESH = timedelta(hours=1)
"""How long keys are taken as read: a key that the issuer withdraws ends within it."""
STALE = timedelta(days=1)
"""How long the keys of last time hold while the issuer does not answer."""
PAUSE = timedelta(minutes=1)
"""Between two readings, whatever unknown keys are named to us in between."""
FIRST_PAUSE = timedelta(seconds=5)
"""The same while there are no keys at all."""
MAX_TOKEN = 16 * 1024
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
KEY_KINDS = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256")}

_REFUSAL = "the credential is not valid"


class Oidc:
    """`discovery`: where the issuer's configuration is read, at the issuer itself when left out; `fetch`: how;
    `tell`: of a reading that failed."""

    def __init__(self, trust: Trust, *, fetch: Fetch, tell: Callable[[str], object], discovery: str = "") -> None:
        self._trust = trust
        self._fetch = fetch
        self._tell = tell
        self._discovery = discovery or trust.issuer
        self._keys: Mapping[str, Document] = {}
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None

    def person(self, token: str, *, now: datetime) -> Person:
        """Whom `token` speaks for. Raises Unauthenticated without a reason; Unavailable when no keys are to be had."""
        from jwt import PyJWS
        from jwt.exceptions import PyJWTError

        if len(token) > MAX_TOKEN:
            raise Unauthenticated(_REFUSAL)
        try:
            algorithm, key_id = _named(PyJWS().get_unverified_header(token))
            key = self._key(key_id, algorithm, now)
            payload = PyJWS().decode(token, key, algorithms=[algorithm], options={"enforce_minimum_key_length": True})
        except PyJWTError:
            raise Unauthenticated(_REFUSAL) from None
        return person_of(_claims(payload), self._trust, now=now)

    def _key(self, key_id: str, algorithm: str, now: datetime) -> "PyJWK":
        if self._should_read(key_id, now):
            self._read(now)
        if self._read_at is None or now - self._read_at > STALE:
            raise Unavailable("the issuer's keys cannot be read")
        if key_id not in self._keys:
            raise Unauthenticated(_REFUSAL)
        return _usable(self._keys[key_id], algorithm)

    def _should_read(self, key_id: str, now: datetime) -> bool:
        pause = PAUSE if self._keys else FIRST_PAUSE
        if self._tried_at is not None and now - self._tried_at < pause:
            return False
        return key_id not in self._keys or self._read_at is None or now - self._read_at >= FRESH

    def _read(self, now: datetime) -> None:
        self._tried_at = now
        try:
            documents = read_keys(self._fetch, issuer=self._trust.issuer, discovery=self._discovery)
        except Unavailable as error:
            # Those of last time hold for a while; the caller sees to how long.
            self._tell(f"the issuer's keys could not be read: {error.message}")
            return
        self._keys = {key["kid"]: key for key in documents if isinstance(key.get("kid"), str)}
        self._read_at = now


def _named(header: Mapping[str, Any]) -> tuple[str, str]:
    """The algorithm and the key that a token names, where both are of the kind that we take."""
    algorithm, key_id = header.get("alg"), header.get("kid")
    kind = header.get("typ", "JWT")
    if algorithm not in ALGORITHMS or not isinstance(key_id, str) or "crit" in header:
        raise Unauthenticated(_REFUSAL)
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise Unauthenticated(_REFUSAL)
    return str(algorithm), key_id


def _usable(document: Document, algorithm: str) -> "PyJWK":
    """A key serves the algorithm of its own kind, for signatures, and no other."""
    from jwt import PyJWK

    kind, curve = KEY_KINDS[algorithm]
    suits = (
        document.get("kty") == kind,
        curve is None or document.get("crv") == curve,
        document.get("alg", algorithm) == algorithm,
        document.get("use", "sig") == "sig",
    )
    if not all(suits):
        raise Unauthenticated(_REFUSAL)
    return PyJWK(dict(document), algorithm=algorithm)


def _claims(payload: bytes) -> Mapping[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError):
        raise Unauthenticated(_REFUSAL) from None
    if not isinstance(claims, dict):
        raise Unauthenticated(_REFUSAL)
    return claims
