"""The caller's token on every request, renewed before it ends."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import httpx

from cli import access as accesses
from cli import oidc
from cli.access import Access, Login

MARGIN = timedelta(seconds=60)
"""A token that ends sooner is not sent: it might end on its way."""


class Bearer(httpx.Auth):
    """Nothing is sent for who is nobody yet: `vedette login` asks how people log in."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self._access = current(self._access)
        if self._access.token:
            request.headers["Authorization"] = f"Bearer {self._access.token}"
        yield request


def current(access: Access) -> Access:
    """`access` with a token that lasts; kept for the next command too. Raises LoginEnded, Unreachable."""
    if access.login is None or _lasts(access.login):
        return access
    with accesses.alone():
        kept = accesses.saved()
        if kept and kept.login and kept.url == access.url and _lasts(kept.login):
            return kept
        return _renewed(kept if kept and kept.login and kept.url == access.url else access)


def _renewed(access: Access) -> Access:
    login = access.login
    if login is None or not login.refresh_token:
        raise oidc.LoginEnded("your login has ended: run `vedette login`")
    with issuer() as http:
        grant = oidc.refresh(http, login.offer, login.refresh_token, now=datetime.now(UTC))
    renewed = keeping(access, login.offer, grant)
    accesses.save(renewed)
    return renewed


def keeping(access: Access, offer: oidc.Offer, grant: oidc.Grant) -> Access:
    login = Login(offer=offer, refresh_token=grant.refresh_token, expires=grant.expires)
    return access.model_copy(update={"token": grant.token, "login": login})


def issuer() -> httpx.Client:
    """Never through a redirect: what is sent there is secret."""
    return httpx.Client(trust_env=False, follow_redirects=False)


def _lasts(login: Login) -> bool:
    return login.expires - datetime.now(UTC) > MARGIN
