"""Tokens of people against a real issuer's keys: rotation, caching, outage, and every forgery that we know."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.adapters.issuer_documents import fetcher
from functions.adapters.oidc import Oidc
from functions.core.errors import Unauthenticated, Unavailable
from functions.core.identity import Trust, user_id
from tests.oidc import CLIENT_ID, OWNERS, Issuer, Key, Someone, new_key

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
KEYS = {"RS256": new_key("RS256"), "PS256": new_key("PS256"), "ES256": new_key("ES256")}
OTHER = new_key()


class Case:
    """An issuer and who trusts it, at a time that the test moves."""

    def __init__(self) -> None:
        self.issuer = Issuer(keys=[KEYS["RS256"]])
        self.now = NOW
        self.told: list[str] = []
        trust = Trust(issuer=self.issuer.url, audience=CLIENT_ID, owner_group=OWNERS)
        self.oidc = Oidc(trust, fetch=self.issuer.fetch, tell=self.told.append)

    def token(self, **claims: Any) -> str:
        return self.issuer.token(at=self.now.timestamp(), **claims)

    def claims(self) -> dict[str, Any]:
        return self.issuer.claims(Someone(), at=self.now.timestamp())

    def admits(self, token: str) -> bool:
        try:
            self.oidc.person(token, now=self.now)
        except Unauthenticated:
            return False
        return True

    @property
    def readings(self) -> int:
        return self.issuer.asked.count("/keys")


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_token_of_the_issuer_says_who_it_is(case: Case) -> None:
    person = case.oidc.person(case.token(groups=[OWNERS]), now=NOW)
    assert person.id == user_id(case.issuer.url, "alice")
    assert (person.email, person.email_verified, person.owner) == ("alice@example.com", True, True)


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_three_algorithms_are_taken(case: Case, algorithm: str) -> None:
    case.issuer.keys = [KEYS[algorithm]]
    assert case.admits(case.token())


def test_a_key_without_an_algorithm_serves_those_of_its_kind(case: Case) -> None:
    published = {name: value for name, value in KEYS["PS256"].published.items() if name != "alg"}
    case.issuer.keys = [Key(KEYS["PS256"].id, KEYS["PS256"].private, "PS256", published)]
    assert case.admits(case.token())


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    signed = f"{segment(header)}.{segment(claims)}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def forgeries(case: Case) -> Iterator[tuple[str, str]]:
    own, claims = case.issuer.keys[0], case.claims()
    pem = jwt.PyJWK(own.published).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    good = case.token()
    head, _, signature = good.split(".")
    yield "no signature", by_hand({"alg": "none", "kid": own.id}, claims)
    yield "the empty algorithm", by_hand({"alg": "", "kid": own.id}, claims)
    yield "the public key as a secret", by_hand({"alg": "HS256", "kid": own.id}, claims, pem)
    yield "another's key under our name", case.issuer.sign(claims, key=OTHER, kid=own.id)
    yield "a key in the header", case.issuer.sign(claims, key=OTHER, jwk=OTHER.published)
    yield "a key elsewhere", case.issuer.sign(claims, key=OTHER, jku="https://evil.example/keys")
    yield "an unknown key", case.issuer.sign(claims, key=OTHER)
    yield "no key named", case.issuer.sign(claims, kid=None)
    yield "another algorithm of the kind", jwt.encode(claims, own.private, "RS512", headers={"kid": own.id})
    yield "the key's other algorithm", jwt.encode(claims, own.private, "PS256", headers={"kid": own.id})
    yield "a logout token", case.issuer.sign(claims, typ="logout+jwt")
    yield "a header that must be understood", case.issuer.sign(claims, crit=["b64"], b64=True)
    yield "a changed claim", f"{head}.{segment({**claims, 'sub': 'root'})}.{signature}"
    yield "a cut signature", good[:-8]
    yield "text after it", f"{good}.x"
    yield "not a JWT", "abc"
    yield "not ASCII", "é.é.é"
    yield "a great one", f"{head}.{'A' * 20000}.{signature}"


def test_a_refusal_says_nothing(case: Case) -> None:
    for token in ("abc", case.issuer.sign(case.claims(), key=OTHER), case.token(aud="another")):
        with pytest.raises(Unauthenticated, match=r"^the credential is not valid$"):
            case.oidc.person(token, now=case.now)


def test_no_forgery_is_admitted(case: Case) -> None:
    assert case.admits(case.token())
    admitted = [name for name, token in forgeries(case) if case.admits(token)]
    assert admitted == []


@pytest.mark.parametrize("change", [{"use": "enc"}, {"kty": "oct"}, {"alg": "RS512"}, {"kty": "EC", "crv": "P-256"}])
def test_a_key_for_something_else_signs_nothing(case: Case, change: dict[str, str]) -> None:
    own = KEYS["RS256"]
    case.issuer.keys = [Key(own.id, own.private, own.algorithm, {**own.published, **change})]
    assert not case.admits(case.token())


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_short_key_signs_nothing(case: Case) -> None:
    case.issuer.keys = [new_key(bits=1024)]
    assert not case.admits(case.token())


def test_claims_that_are_no_object_are_refused(case: Case) -> None:
    own = case.issuer.keys[0]
    for payload in (b"[1]", b"{", b"\xff", b"[" * 9000):
        assert not case.admits(jwt.PyJWS().encode(payload, own.private, "RS256", headers={"kid": own.id}))


def test_keys_are_read_once_and_again_within_the_hour(case: Case) -> None:
    for _ in range(20):
        assert case.admits(case.token())
    assert case.readings == 1
    case.now += timedelta(minutes=61)
    assert case.admits(case.token())
    assert case.readings == 2


def test_a_new_key_is_taken_at_once_and_the_old_one_while_it_is_published(case: Case) -> None:
    before = case.token()
    assert case.admits(before)
    case.now += timedelta(minutes=2)
    case.issuer.rotate()
    assert case.admits(case.token())
    assert case.admits(before)
    assert case.readings == 2


def test_a_withdrawn_key_ends_within_the_hour(case: Case) -> None:
    assert case.admits(case.token())
    stolen = case.issuer.keys[0]
    case.issuer.rotate(keep=False)
    case.now += timedelta(minutes=61)
    assert not case.admits(case.issuer.sign(case.claims(), key=stolen))


def test_unknown_keys_make_us_ask_the_issuer_once_a_minute(case: Case) -> None:
    assert case.admits(case.token())
    for _ in range(50):
        assert not case.admits(case.issuer.sign(case.claims(), key=OTHER))
    assert case.readings == 1
    case.now += timedelta(minutes=1)
    for _ in range(50):
        assert not case.admits(case.issuer.sign(case.claims(), key=OTHER))
    assert case.readings == 2


def test_known_keys_hold_for_a_day_while_the_issuer_is_away_and_no_longer(case: Case) -> None:
    assert case.admits(case.token())
    case.issuer.down = True
    case.now += timedelta(hours=23)
    assert case.admits(case.token())
    assert case.told == ["the issuer's keys could not be read: the issuer does not answer"]
    case.now += timedelta(hours=2)
    with pytest.raises(Unavailable):
        case.oidc.person(case.token(), now=case.now)
    case.issuer.down = False
    case.now += timedelta(minutes=1)
    assert case.admits(case.token())


def test_without_any_key_it_is_an_outage_and_no_refusal(case: Case) -> None:
    case.issuer.down = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            case.oidc.person(case.token(), now=case.now)
    assert case.issuer.asked == ["/.well-known/openid-configuration"]
    case.issuer.down = False
    case.now += timedelta(seconds=5)
    assert case.admits(case.token())


def test_nonsense_is_refused_without_asking_anybody(case: Case) -> None:
    assert not case.admits("abc")
    assert not case.admits(by_hand({"alg": "none"}, {}))
    assert case.issuer.asked == []


@pytest.mark.parametrize(
    "documents",
    [
        {
            "/.well-known/openid-configuration": {
                "issuer": "https://other.example",
                "jwks_uri": "https://issuer.example/keys",
            }
        },
        {"/keys": {"keys": "none"}},
        {"/keys": []},
    ],
)
def test_documents_that_are_not_the_issuers_are_no_keys(
    case: Case, monkeypatch: pytest.MonkeyPatch, documents: dict[str, Any]
) -> None:
    told = {**case.issuer.documents(), **documents}
    monkeypatch.setattr(case.issuer, "documents", lambda: told)
    with pytest.raises(Unavailable):
        case.oidc.person(case.token(), now=case.now)


@pytest.mark.parametrize(
    "url", ["http://issuer.example/", "http://127.0.0.1.example/", "file:///etc/passwd", "ftp://127.0.0.1/", "https:///x", "", "http://[::1"]
)  # fmt: skip
def test_keys_are_read_over_https_and_locally_from_loopback(url: str) -> None:
    with pytest.raises(Unavailable, match=r"not https|no URL"):
        fetcher(admit_loopback=True)(url)


def test_plain_http_is_refused_where_loopback_is_not_admitted() -> None:
    with pytest.raises(Unavailable, match="not https"):
        fetcher(admit_loopback=False)("http://127.0.0.1:1/")
