"""A webhook's receiver on loopback, that checks what it gets as the documentation tells receivers to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE_S = 300


@dataclass
class Receiver:
    """`answers`: statuses for the next requests; 200 when it is empty. `taken`: messages by id, each once."""

    port: int
    secret: str = ""
    answers: list[int] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """The ids of all requests, refused and repeated ones included."""
    forged: int = 0
    taken: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=vedette"

    @property
    def alerts(self) -> list[tuple[str, str]]:
        """(occasion, alert) of everything taken."""
        return [
            (told["occasion"], told["alert"]["id"]) for message in self.taken.values() for told in message["alerts"]
        ]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.seen.append(headers.get("webhook-id", ""))
        if not verified(self.secret, headers, body, now=int(time.time())):
            self.forged += 1
            return 401
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.taken.setdefault(headers["webhook-id"], json.loads(body))
        return status


def verified(secret: str, headers: dict[str, str], body: bytes, *, now: int) -> bool:
    """The recipe of docs/channels.md."""
    identifier, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
    if abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(each, expected) for each in headers.get("webhook-signature", "").split(" "))


@contextmanager
def standing(receiver: Receiver) -> Iterator[None]:
    """Answers on the receiver's port until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            if status in {301, 302, 307}:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", receiver.port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
