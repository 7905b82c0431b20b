"""What an issuer publishes, read over HTTPS: its configuration and its keys."""

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from functions.core.errors import Unavailable

TIMEOUT_S = 3.0
MAX_DOCUMENT = 256 * 1024
MAX_KEYS = 100
CONFIGURATION = "/.well-known/openid-configuration"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Fetch = Callable[[str], bytes]
Document = Mapping[str, Any]


@cache
def _tls() -> ssl.SSLContext:
    """Reads the machine's certificates: when they are first needed."""
    return ssl.create_default_context()


def fetcher(*, admit_loopback: bool) -> Fetch:
    """Plain HTTP is for the local stage's loopback alone. Redirects are not followed."""

    def fetch(url: str) -> bytes:
        """Raises Unavailable for anything but a whole answer of 200."""
        connection = _connection(url, admit_loopback=admit_loopback)
        try:
            connection.request("GET", _target(url), headers={"Accept": "application/json", "User-Agent": "Vedette"})
            answer = connection.getresponse()
            body = answer.read(MAX_DOCUMENT + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"no answer from {urlsplit(url).hostname}: {error}") from error
        finally:
            connection.close()
        if answer.status != http.client.OK or len(body) > MAX_DOCUMENT:
            raise Unavailable(f"{url} answered {answer.status} with {len(body)} bytes")
        return body

    return fetch


def read_keys(fetch: Fetch, *, issuer: str, discovery: str) -> tuple[Document, ...]:
    """The keys of `issuer`, whose configuration is read below `discovery`. Raises Unavailable."""
    configuration = _document(fetch(discovery.rstrip("/") + CONFIGURATION))
    if configuration.get("issuer") != issuer:
        raise Unavailable(f"{discovery} speaks for another issuer than {issuer}")
    keys = _document(fetch(str(configuration.get("jwks_uri", "")))).get("keys")
    if not isinstance(keys, list):
        raise Unavailable(f"{issuer} publishes no keys")
    return tuple(key for key in keys[:MAX_KEYS] if isinstance(key, dict))


def _connection(url: str, *, admit_loopback: bool) -> http.client.HTTPConnection:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Unavailable(f"{url!r} is no URL") from error
    if parts.scheme == "https" and host:
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=_tls())
    if parts.scheme == "http" and admit_loopback and host in LOOPBACK:
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    raise Unavailable(f"{url!r} is not https")


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _document(body: bytes) -> Document:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Unavailable("the issuer's answer is not JSON") from error
    if not isinstance(found, dict):
        raise Unavailable("the issuer's answer is not an object")
    return found
