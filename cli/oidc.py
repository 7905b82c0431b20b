"""Logging in at an OpenID Connect issuer as a public client: authorization code, PKCE, refresh, revocation."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from cli.errors import CommandError, Unreachable

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TIMEOUT_S = 10.0


class LoginFailed(CommandError):
    pass


class Refused(LoginFailed):
    """The issuer does not take what it was shown."""


class LoginEnded(LoginFailed):
    """The issuer takes the refresh token no longer."""


class Offer(BaseModel):
    """What a stage says of how people log in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    client_id: str
    discovery: str
    token: str
    scopes: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()

    @property
    def by_access_token(self) -> bool:
        """Whether the API takes access tokens, whose inside is not for us to read."""
        return self.token.startswith("access")


class Provider(BaseModel):
    """The issuer's own configuration, as far as it matters here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str = ""
    scopes_supported: tuple[str, ...] = ()


class Grant(BaseModel):
    """`token`: what the API takes; `refresh_token`: empty where the issuer gave none."""

    model_config = ConfigDict(frozen=True)

    token: str
    refresh_token: str = ""
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One way through the browser: three secrets that tie its answer to this process and its token to this attempt."""

    redirect_uri: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def address(self, offer: Offer, provider: Provider) -> str:
        """Where the browser goes."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        # Some issuers give a refresh token only to who asks for this, and others know no such scope.
        further = ("offline_access",) if "offline_access" in provider.scopes_supported else ()
        asked = {
            "response_type": "code",
            "client_id": offer.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join((*offer.scopes, *further)),
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(provider.authorization_endpoint).query else "?"
        return f"{provider.authorization_endpoint}{joint}{urlencode(asked)}"


def discover(http: httpx.Client, offer: Offer) -> Provider:
    """Raises LoginFailed where the configuration is another issuer's, or names an endpoint that is not HTTPS;
    Unreachable."""
    answer = _send(http, "GET", _safe(offer.discovery.rstrip("/") + "/.well-known/openid-configuration"))
    if not answer.is_success:
        raise Unreachable(f"{offer.issuer} has trouble: it answered {answer.status_code}")
    try:
        provider = Provider.model_validate(_json(answer))
    except ValidationError as error:
        raise LoginFailed(f"{offer.issuer} does not say how to log in there") from error
    if provider.issuer != offer.issuer:
        raise LoginFailed(f"{offer.discovery} speaks for another issuer than {offer.issuer}")
    for endpoint in (provider.authorization_endpoint, provider.token_endpoint, provider.revocation_endpoint):
        _safe(endpoint or provider.token_endpoint)
    return provider


def redeem(
    http: httpx.Client, offer: Offer, provider: Provider, attempt: Attempt, answer: Mapping[str, str], *, now: datetime
) -> Grant:
    """`answer`: what the browser brought back, whose state was seen to. Raises LoginFailed."""
    if "error" in answer:
        raise LoginFailed(f"{offer.issuer} did not log you in: {answer.get('error_description') or answer['error']}")
    if answer.get("iss", offer.issuer) != offer.issuer:
        raise LoginFailed("another issuer answered than the one that was asked")
    given = _granted(
        http,
        provider,
        {
            "grant_type": "authorization_code",
            "client_id": offer.client_id,
            "code": answer.get("code", ""),
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        },
    )
    claims = _claims(given, offer, now=now)
    if not secrets.compare_digest(str(claims.get("nonce", "")), attempt.nonce):
        raise LoginFailed("the answer belongs to another login: try again")
    return _grant(given, offer, claims, now=now)


def refresh(http: httpx.Client, offer: Offer, refresh_token: str, *, now: datetime) -> Grant:
    """The next tokens, with the next refresh token where the issuer rotates them. Raises LoginEnded, Unreachable."""
    asked = {"grant_type": "refresh_token", "client_id": offer.client_id, "refresh_token": refresh_token}
    try:
        given = _granted(http, discover(http, offer), asked)
    except Refused as error:
        raise LoginEnded(f"your login has ended ({error}): run `vedette login`") from error
    claims = _claims(given, offer, now=now) if "id_token" in given else {}
    grant = _grant(given, offer, claims, now=now)
    return grant if grant.refresh_token else grant.model_copy(update={"refresh_token": refresh_token})


def revoke(http: httpx.Client, offer: Offer, refresh_token: str) -> bool:
    """Whether the issuer has ended the login; some cannot."""
    provider = discover(http, offer)
    if not provider.revocation_endpoint:
        return False
    asked = {"client_id": offer.client_id, "token": refresh_token, "token_type_hint": "refresh_token"}
    return _send(http, "POST", provider.revocation_endpoint, data=asked).is_success


def _granted(http: httpx.Client, provider: Provider, asked: Mapping[str, str]) -> Mapping[str, Any]:
    response = _send(http, "POST", provider.token_endpoint, data=dict(asked))
    document = _json(response)
    if response.is_success:
        return document
    told = document.get("error_description") or document.get("error") or f"it answered {response.status_code}"
    if response.is_client_error:
        raise Refused(f"{provider.issuer} gives no token: {told}")
    raise Unreachable(f"{provider.issuer} has trouble: {told}")


def _grant(given: Mapping[str, Any], offer: Offer, claims: Mapping[str, Any], *, now: datetime) -> Grant:
    lasts = given.get("expires_in")
    by_claim = datetime.fromtimestamp(claims["exp"], UTC) if "exp" in claims else now
    by_answer = now + timedelta(seconds=lasts) if isinstance(lasts, int | float) else by_claim
    try:
        return Grant(
            token=given[offer.token],
            refresh_token=given.get("refresh_token") or "",
            expires=by_answer if offer.by_access_token else by_claim,
        )
    except (KeyError, ValidationError) as error:
        raise LoginFailed(f"{offer.issuer} gave no {offer.token}") from error


def _claims(given: Mapping[str, Any], offer: Offer, *, now: datetime) -> Mapping[str, Any]:
    """Of the ID token. It came from the issuer itself over TLS, which vouches for it; the API checks its signature."""
    try:
        body = str(given["id_token"]).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        holds = (claims["iss"] == offer.issuer, offer.client_id in audience, claims["exp"] > now.timestamp())
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise LoginFailed(f"{offer.issuer} gave no ID token") from error
    if not all(holds):
        raise LoginFailed(
            f"{offer.issuer} gave an ID token that is not for this client, or is over (is your clock right?)"
        )
    return dict(claims)


def _safe(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise LoginFailed(f"{url!r} is not https: no secret is sent there")


def _send(http: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    try:
        return http.request(method, url, headers={"Accept": "application/json"}, timeout=TIMEOUT_S, **options)
    except httpx.HTTPError as error:
        raise Unreachable(f"no answer from {urlsplit(url).hostname}: {error}") from error


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        document = {}
    return document if isinstance(document, dict) else {}
