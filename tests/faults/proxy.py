"""What stands between some callers and the embedded AWS, and lets them down when it is told to."""

import random
import re
import threading
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Way = Literal["throttle", "out", "deaf"]
"""Refused as AWS refuses who asks too much; nobody answers; what was asked is done, and its answer is lost."""

_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([a-z0-9]+)/aws4_request")
_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})
_REFUSALS = {
    "dynamodb": (
        400,
        "application/x-amz-json-1.0",
        b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slower"}',
    ),
    "s3": (503, "application/xml", b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"),
}


@dataclass
class Trouble:
    """Meets each request at DynamoDB and S3 by this chance."""

    way: Way
    chance: float = 1.0
    met: int = 0
    """Requests, so far."""


@dataclass
class Proxy:
    """Serves on loopback until closed; passes everything on unless it is in `trouble`."""

    port_behind: int
    trouble: Trouble | None = None
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, name="faulty-aws", daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def way_of(self, service: str) -> Way | None:
        trouble = self.trouble
        if trouble is None or service not in _REFUSALS or self.chance.random() >= trouble.chance:
            return None
        trouble.met += 1
        return trouble.way


def service_of(authorization: str) -> str:
    """By the scope of its signature; empty where it has none."""
    found = _SCOPE.search(authorization)
    return found.group(1) if found else ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _carry(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service = service_of(self.headers.get("Authorization", ""))
        way = self.server.proxy.way_of(service)
        if way == "throttle":
            status, kind, content = _REFUSALS[service]
            self._relay(status, [("Content-Type", kind)], content)
        elif way == "out" or not self._pass_on(body, deaf=way == "deaf"):
            self.close_connection = True

    def _pass_on(self, body: bytes, *, deaf: bool) -> bool:
        """Whether the caller was answered; one that has given up waiting is not."""
        try:
            status, headers, content = self._ask(body)
            if not deaf:
                self._relay(status, headers, content)
        except (OSError, HTTPException):
            return False
        return not deaf

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        with closing(HTTPConnection("127.0.0.1", self.server.proxy.port_behind, timeout=120)) as behind:
            behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    behind.putheader(name, value)
            behind.endheaders(body)
            answer = behind.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def _relay(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        length = next((value for name, value in headers if name.lower() == "content-length"), "")
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" and length else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self) -> None:
        self._carry()

    def do_PUT(self) -> None:
        self._carry()

    def do_POST(self) -> None:
        self._carry()

    def do_DELETE(self) -> None:
        self._carry()

    def do_HEAD(self) -> None:
        self._carry()

    def log_message(self, *_: object) -> None:
        """Thousands of requests are of no interest to who reads along."""
