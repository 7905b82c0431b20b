"""A small OpenID provider with real keys: codes with PKCE, refresh tokens that rotate, keys that rotate; in memory or served."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from functions.core.errors import Unavailable
from functions.core.identity import REDIRECT_URIS

Json = dict[str, Any]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CLIENT_ID = "vedette-cli"
OWNERS = "vedette-owners"
LIFE_S = 600


@dataclass(frozen=True)
class Key:
    """`published`: what the key set says of it."""

    id: str
    private: PrivateKey
    algorithm: str
    published: Json


def new_key(algorithm: str = "RS256", *, bits: int = 2048) -> Key:
    private: PrivateKey
    if algorithm.startswith("ES"):
        private = ec.generate_private_key(ec.SECP256R1())
        document = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        document = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    identifier = secrets.token_hex(8)
    return Key(identifier, private, algorithm, {**document, "kid": identifier, "alg": algorithm, "use": "sig"})


@dataclass(frozen=True, kw_only=True)
class Someone:
    """Who sits at the browser."""

    subject: str = "alice"
    email: str = "alice@example.com"
    email_verified: bool = True
    groups: tuple[str, ...] = ()

    def claims(self) -> Json:
        return {
            "sub": self.subject,
            "email": self.email,
            "email_verified": self.email_verified,
            "name": self.subject.title(),
            "groups": list(self.groups),
        }


@dataclass
class Issuer:
    """`at_browser`: who logs in next, nobody refuses; `down`: it does not answer; `life_s`: of a token;
    `asked`: the paths of all requests, in order."""

    url: str = "https://issuer.example"
    at_browser: Someone | None = field(default_factory=Someone)
    down: bool = False
    life_s: int = LIFE_S
    keys: list[Key] = field(default_factory=lambda: [new_key()])
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, Json] = field(default_factory=dict)
    _refreshers: dict[str, Someone] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """What a stage is told of it."""
        return {"issuer": self.url, "client_id": CLIENT_ID, "group_claim": "groups", "owner_group": OWNERS}

    def rotate(self, *, keep: bool = True) -> Key:
        """Sign with a new key from now on; `keep` publishes the others too."""
        made = new_key()
        self.keys = [made, *(self.keys if keep else [])]
        return made

    def token(self, someone: Someone | None = None, *, at: float | None = None, **claims: Any) -> str:
        """An ID token; a claim that is None is left out."""
        return self.sign({**self.claims(someone or Someone(), at=at), **claims})

    def claims(self, someone: Someone, *, at: float | None = None) -> Json:
        born = int(time.time() if at is None else at)
        whole = {"iss": self.url, "aud": CLIENT_ID, "iat": born, "exp": born + self.life_s}
        return {**whole, **someone.claims()}

    def sign(self, claims: Mapping[str, Any], *, key: Key | None = None, **header: Any) -> str:
        chosen = key or self.keys[0]
        told = {name: value for name, value in claims.items() if value is not None}
        named = {name: value for name, value in {"kid": chosen.id, **header}.items() if value is not None}
        return jwt.encode(told, chosen.private, chosen.algorithm, headers=named)

    def fetch(self, url: str) -> bytes:
        """Its documents without a network."""
        path = urlsplit(url).path
        self.asked.append(path)
        if self.down:
            raise Unavailable("the issuer does not answer")
        return json.dumps(self.documents()[path]).encode()

    def documents(self) -> dict[str, Json]:
        configuration = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "revocation_endpoint": f"{self.url}/revoke",
            "code_challenge_methods_supported": ["S256"],
        }
        return {
            "/.well-known/openid-configuration": configuration,
            "/keys": {"keys": [key.published for key in self.keys]},
        }

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Where the browser is sent: back with a code, or with an error."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] in REDIRECT_URIS
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        answer = {"state": asked["state"], "iss": self.url}
        if self.at_browser is None:
            return f"{asked['redirect_uri']}?{urlencode({**answer, 'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self._codes[code] = {**asked, "someone": self.at_browser}
        return f"{asked['redirect_uri']}?{urlencode({**answer, 'code': code})}"

    def grant(self, asked: Mapping[str, str]) -> tuple[int, Json]:
        """The answer of the token endpoint: each code and each refresh token works once."""
        if asked.get("client_id") != CLIENT_ID:
            return 401, {"error": "invalid_client"}
        if asked.get("grant_type") == "refresh_token":
            someone = self._refreshers.pop(asked["refresh_token"], None)
            return (400, {"error": "invalid_grant"}) if someone is None else (200, self._granted(someone, {}))
        given = self._codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if given is None or challenge != given["code_challenge"] or asked["redirect_uri"] != given["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, self._granted(given["someone"], {"nonce": given["nonce"]})

    def revoke(self, asked: Mapping[str, str]) -> None:
        self._refreshers.pop(asked["token"], None)

    @property
    def sessions(self) -> int:
        """Refresh tokens that work."""
        return len(self._refreshers)

    def _granted(self, someone: Someone, further: Json) -> Json:
        refresher = secrets.token_urlsafe(16)
        self._refreshers[refresher] = someone
        return {
            "token_type": "Bearer",
            "expires_in": self.life_s,
            "id_token": self.token(someone, **further),
            "access_token": secrets.token_urlsafe(16),
            "refresh_token": refresher,
        }


@contextmanager
def served(issuer: Issuer | None = None) -> Iterator[Issuer]:
    """The issuer on loopback, at a free port; its URL says which."""
    known = issuer or Issuer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(known))
    known.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, name="issuer", daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            issuer.asked.append(parts.path)
            if issuer.down:
                self._answer(503, {})
            elif parts.path == "/authorize":
                self._answer(302, {}, Location=issuer.authorize(_flat(parts.query)))
            elif parts.path in issuer.documents():
                self._answer(200, issuer.documents()[parts.path])
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if self.path == "/revoke":
                issuer.revoke(form)
                self._answer(200, {})
            else:
                self._answer(*issuer.grant(form))

        def _answer(self, status: int, body: Json, **headers: str) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(text)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def transport(issuer: Issuer) -> httpx.MockTransport:
    """The issuer to an HTTP client, without a network."""

    def answer(request: httpx.Request) -> httpx.Response:
        issuer.asked.append(request.url.path)
        if issuer.down:
            return httpx.Response(503)
        if request.method == "GET":
            return httpx.Response(200, json=issuer.documents()[request.url.path])
        form = _flat(request.content.decode())
        if request.url.path == "/revoke":
            issuer.revoke(form)
            return httpx.Response(200)
        status, body = issuer.grant(form)
        return httpx.Response(status, json=body)

    return httpx.MockTransport(answer)
