"""A small API in memory, and a feed that tells a scan's story: enough for the command to be run whole."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

Json = dict[str, Any]

COUNTS = {
    "chunks": 1,
    "chunks_ingested": 1,
    "chunks_failed": 0,
    "cells": 10,
    "cells_covered": 10,
    "open_ports": 1,
    "hosts_up": 1,
    "opened": 1,
    "reopened": 0,
    "changed": 0,
    "closed": 0,
    "baseline": 0,
}
SCAN = {
    "id": "SCAN",
    "network": "NET",
    "status": "running",
    "counts": COUNTS,
    "reason": "",
    "created": "2026-01-01T00:00:00Z",
}
EXPOSURE = {
    "asset": "10.0.0.9",
    "protocol": "tcp",
    "port": 22,
    "state": "open",
    "service": {"name": "ssh", "product": "x\x1b[2J", "version": "", "tunnel": ""},
    "first_seen": "2026-01-01T00:00:00Z",
}
ALERT = {
    "id": "ALERT",
    "severity": "high",
    "type": "NEW_PORT",
    "asset": "10.0.0.9",
    "port": 22,
    "protocol": "tcp",
    "status": "open",
    "why": {"text": "opened", "scan": "SCAN"},
}


class FakeApi:
    """Answers as the API does; `end` is the status that the scan comes to, `calls` what was asked, `since` of its feed."""

    def __init__(self, end: str = "completed") -> None:
        self.end = end
        self.status = "running"
        self.networks: list[Json] = []
        self.calls: list[tuple[str, str]] = []
        self.since: list[str] = []

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.split("/v1/", 1)[1]
        self.calls.append((request.method, path))
        body = json.loads(request.content) if request.content else {}
        answers: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "projects"): lambda: self._page([{"id": "P", "name": "default"}]),
            ("GET", "projects/P/networks"): lambda: self._page(self.networks),
            ("POST", "projects/P/networks"): lambda: self._keep(
                {"exclusions": []} | body | {"id": "NET", "version": 1}
            ),
            ("PATCH", "projects/P/networks/NET"): lambda: self._keep(self.networks[0] | body | {"version": 2}),
            ("POST", "projects/P/scans"): lambda: SCAN,
            ("GET", "projects/P/scans/SCAN"): lambda: SCAN | {"status": self.status},
            ("POST", "projects/P/scans/SCAN/cancel"): self._cancel,
            ("POST", "projects/P/scans/SCAN/redrive"): lambda: SCAN | {"run": 2},
            ("GET", "projects/P/exposures"): lambda: self._page([EXPOSURE]),
            ("GET", "projects/P/alerts"): lambda: self._page([ALERT]),
        }
        if (request.method, path) not in answers:
            return httpx.Response(404, json={"type": "urn:vedette:error:not-found", "detail": f"no {path}"})
        return httpx.Response(200, json=answers[request.method, path]())

    @staticmethod
    def _page(items: list[Json]) -> Json:
        return {"items": items, "next_cursor": None}

    def _keep(self, network: Json) -> Json:
        self.networks = [network]
        return network

    def _cancel(self) -> Json:
        self.end = "cancelled"
        return SCAN

    @contextmanager
    def socket(self, frames: list[Json | BaseException]) -> Iterator["FakeSocket"]:
        yield FakeSocket(self, frames)


class FakeSocket:
    def __init__(self, api: FakeApi, frames: list[Json | BaseException]) -> None:
        self._api = api
        self._frames = frames

    def send(self, message: str) -> None:
        frame = json.loads(message)
        assert frame["topic"] == "scan:SCAN"
        self._api.since.append(frame.get("since", ""))

    def recv(self, timeout: float | None = None) -> str:
        if not self._frames:
            raise TimeoutError
        frame = self._frames.pop(0)
        if isinstance(frame, BaseException):
            raise frame
        if frame["type"] == "scan.finished":
            self._api.status = self._api.end
        return json.dumps(frame)
