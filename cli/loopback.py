"""Where the browser comes back to after a login: one page on this machine's loopback, for one answer."""

import random
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from urllib.parse import parse_qsl, urlsplit

from cli.oidc import LoginFailed

PATIENCE_S = 300.0
_HEADERS = {
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Server(TCPServer):
    allow_reuse_address = True


class Landing:
    """Waits at `redirect_uri`."""

    def __init__(self, server: TCPServer, redirect_uri: str) -> None:
        self._server = server
        self.redirect_uri = redirect_uri

    def wait(self, *, state: str, seconds: float = PATIENCE_S) -> Mapping[str, str]:
        """What the browser brings back with this `state`; anything else that calls is sent away. Raises LoginFailed."""
        answers: list[dict[str, str]] = []
        self._server.RequestHandlerClass = _handler(urlsplit(self.redirect_uri).path, state, answers)
        deadline = time.monotonic() + seconds
        while not answers:
            left = deadline - time.monotonic()
            if left <= 0:
                raise LoginFailed(f"nobody came back from the browser within {seconds:.0f} s")
            self._server.timeout = left
            self._server.handle_request()
        return answers[0]


@contextmanager
def landing(redirect_uris: Sequence[str]) -> Iterator[Landing]:
    """At one of the registered addresses that is free, chosen at random. Raises LoginFailed where none is."""
    for uri in random.sample(redirect_uris, len(redirect_uris)):
        parts = urlsplit(uri)
        try:
            server = _Server((parts.hostname or "", parts.port or 0), BaseHTTPRequestHandler)
        except OSError:
            # Somebody else's: the next one.
            continue
        with server:
            yield Landing(server, uri)
        return
    raise LoginFailed(f"no port to come back to is free: {', '.join(redirect_uris)}")


def _handler(path: str, state: str, answers: list[dict[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5
        """A caller that says nothing must not keep the browser out."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            answer = dict(parse_qsl(parts.query))
            if parts.path != path or not secrets.compare_digest(answer.get("state", "").encode(), state.encode()):
                self._say(404, "This is not the login that is waited for.")
                return
            answers.append(answer)
            self._say(200, "Done: go back to the terminal." if "code" in answer else "You are not logged in.")

        def _say(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """The request line has the code in it."""

    return Handler
