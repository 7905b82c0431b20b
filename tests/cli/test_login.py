"""Logging in, staying logged in, logging out: the protocol's client against an issuer in memory."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from cli import access, bearer, login, oidc
from cli.access import Access
from cli.client import Client
from cli.errors import Unreachable, UsageError
from cli.oidc import Attempt, LoginEnded, LoginFailed, Offer
from functions.core.identity import REDIRECT_URIS, SCOPES
from tests.oidc import CLIENT_ID, Issuer, new_key, transport

KEY = new_key()


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(keys=[KEY])


@pytest.fixture
def offer(issuer: Issuer) -> Offer:
    return Offer(
        issuer=issuer.url,
        client_id=CLIENT_ID,
        discovery=issuer.url,
        token="id_token",
        scopes=SCOPES,
        redirect_uris=REDIRECT_URIS,
    )


@pytest.fixture
def http(issuer: Issuer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=transport(issuer)) as client:
        yield client


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> Path:
    """A user of nothing yet, in a folder without a stack, whose issuer is the one in memory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for module in (bearer, login):
        monkeypatch.setattr(module, "issuer", lambda: httpx.Client(transport=transport(issuer)))
    return tmp_path


def through(issuer: Issuer, http: httpx.Client, offer: Offer, **changed: str) -> oidc.Grant:
    """One way through the browser; `changed` of what it brings back."""
    provider = oidc.discover(http, offer)
    attempt = Attempt(redirect_uri=REDIRECT_URIS[0])
    asked = dict(parse_qsl(urlsplit(attempt.address(offer, provider)).query))
    answer = dict(parse_qsl(urlsplit(issuer.authorize(asked)).query))
    assert answer["state"] == attempt.state
    return oidc.redeem(http, offer, provider, attempt, {**answer, **changed}, now=now())


def logged_in(grant: oidc.Grant, offer: Offer, **changed: Any) -> Access:
    place = Access(url="https://api.example", websocket_url="wss://api.example", token="")
    kept = bearer.keeping(place, offer, grant.model_copy(update=changed))
    access.save(kept)
    return kept


def test_a_code_becomes_a_token_and_a_way_to_the_next(issuer: Issuer, http: httpx.Client, offer: Offer) -> None:
    began = now().replace(microsecond=0)
    grant = through(issuer, http, offer)
    assert grant.token.count(".") == 2
    assert began <= grant.expires - timedelta(seconds=issuer.life_s) <= now()
    again = oidc.refresh(http, offer, grant.refresh_token, now=now())
    assert again.refresh_token not in {"", grant.refresh_token}


def test_every_attempt_has_secrets_of_its_own(issuer: Issuer, offer: Offer, http: httpx.Client) -> None:
    one, other = (Attempt(redirect_uri=REDIRECT_URIS[0]) for _ in range(2))
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6
    assert one.verifier not in one.address(offer, oidc.discover(http, offer))
    assert 43 <= len(one.verifier) <= 128


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"error": "access_denied"}, "access_denied"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"code": "stolen"}, "invalid_grant"),
    ],
)
def test_an_answer_that_is_not_to_our_question_logs_nobody_in(
    issuer: Issuer, http: httpx.Client, offer: Offer, changed: dict[str, str], why: str
) -> None:
    with pytest.raises(LoginFailed, match=why):
        through(issuer, http, offer, **changed)


@pytest.mark.parametrize(
    "changed", [{"nonce": "other"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"aud": None}]
)
def test_a_token_of_another_login_or_for_another_is_not_kept(
    issuer: Issuer, http: httpx.Client, offer: Offer, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    honest = issuer.token
    monkeypatch.setattr(issuer, "token", lambda someone, **claims: honest(someone, **{**claims, **changed}))
    with pytest.raises(LoginFailed):
        through(issuer, http, offer)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "revocation_endpoint"])
def test_no_secret_is_sent_in_clear(
    issuer: Issuer, http: httpx.Client, offer: Offer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    told = issuer.documents()
    told["/.well-known/openid-configuration"][name] = "http://issuer.example/x"
    monkeypatch.setattr(issuer, "documents", lambda: told)
    with pytest.raises(LoginFailed, match="not https"):
        oidc.discover(http, offer)
    with pytest.raises(LoginFailed, match="not https"):
        oidc.discover(http, offer.model_copy(update={"discovery": "http://issuer.example"}))


def test_a_configuration_of_another_issuer_is_not_followed(http: httpx.Client, offer: Offer) -> None:
    with pytest.raises(LoginFailed, match="another issuer"):
        oidc.discover(http, offer.model_copy(update={"issuer": "https://other.example"}))


def test_a_token_that_lasts_is_sent_as_it_is(issuer: Issuer, http: httpx.Client, offer: Offer) -> None:
    mine = logged_in(through(issuer, http, offer), offer)
    asked = len(issuer.asked)
    assert sent(mine) == f"Bearer {mine.token}"
    assert len(issuer.asked) == asked


def test_nothing_is_sent_for_who_is_nobody_yet() -> None:
    assert sent(Access(url="https://api.example", websocket_url="wss://api.example", token="")) == ""


def test_a_token_that_ends_is_renewed_for_this_command_and_the_next(
    issuer: Issuer, http: httpx.Client, offer: Offer
) -> None:
    mine = logged_in(through(issuer, http, offer), offer, expires=now() + timedelta(seconds=30))
    renewed = bearer.current(mine)
    kept = access.saved()
    assert kept == renewed
    assert renewed.login is not None
    assert mine.login is not None
    assert renewed.login.refresh_token != mine.login.refresh_token
    assert stat.S_IMODE(access.saved_path().stat().st_mode) == 0o600
    # Another process that read the file before takes what this one got: the old refresh token works no longer.
    assert bearer.current(mine) == renewed


def test_a_login_that_the_issuer_ended_says_what_to_run(issuer: Issuer, http: httpx.Client, offer: Offer) -> None:
    mine = logged_in(through(issuer, http, offer), offer, expires=now())
    issuer.revoke({"token": mine.login.refresh_token if mine.login else ""})
    with pytest.raises(LoginEnded, match="vedette login"):
        sent(mine)


def test_an_issuer_in_trouble_ends_no_login(issuer: Issuer, http: httpx.Client, offer: Offer) -> None:
    mine = logged_in(through(issuer, http, offer), offer, expires=now())
    issuer.down = True
    with pytest.raises(Unreachable):
        sent(mine)
    assert access.saved() == mine


def test_logging_out_ends_the_login_at_the_issuer_and_here(issuer: Issuer, http: httpx.Client, offer: Offer) -> None:
    logged_in(through(issuer, http, offer), offer)
    assert issuer.sessions == 1
    login.logout()
    assert issuer.sessions == 0
    assert access.saved() is None


def test_logging_out_forgets_the_login_here_though_the_issuer_is_away(
    issuer: Issuer, http: httpx.Client, offer: Offer, capsys: pytest.CaptureFixture[str]
) -> None:
    logged_in(through(issuer, http, offer), offer)
    issuer.down = True
    login.logout()
    assert access.saved() is None
    assert "the issuer did not end the login" in capsys.readouterr().out


def test_nobody_logs_out_who_is_not_logged_in() -> None:
    with pytest.raises(UsageError, match="nobody is logged in"):
        login.logout()


def test_the_login_to_the_stack_of_this_folder_comes_before_its_first_admin(
    home: Path, issuer: Issuer, http: httpx.Client, offer: Offer
) -> None:
    (home / ".vedette").mkdir()
    first = Access(url="https://api.example", websocket_url="wss://api.example", token="vdt_first")
    (home / access.LOCAL).write_text(first.model_dump_json())
    assert access.find({"XDG_CONFIG_HOME": str(home)}) == first
    mine = logged_in(through(issuer, http, offer), offer)
    assert access.find({"XDG_CONFIG_HOME": str(home)}) == mine
    access.save(mine.model_copy(update={"url": "https://elsewhere.example"}))
    assert access.find({"XDG_CONFIG_HOME": str(home)}) == first


def sent(mine: Access) -> str:
    """The Authorization header of a call."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization", ""))
        return httpx.Response(200, json={})

    with Client(mine, transport=httpx.MockTransport(answer)) as client:
        client.get("me")
    return seen[0]
