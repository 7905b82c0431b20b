"""Ways into the HTTP API for a made request."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import requests

PATIENCE_S = 300
"""With an answer, on a machine that does much else."""


class Door(Protocol):
    """Answers as `requests` tells it, whatever the status."""

    def send(self, request: requests.PreparedRequest) -> requests.Response: ...


@dataclass
class OverHttp:
    """To the deployed stack; nothing of this machine's own settings is added. Who is told to wait waits."""

    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = self.session.send(request, timeout=PATIENCE_S, allow_redirects=False)
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS or time.monotonic() > end:
                return answer
            time.sleep(1)


def credentialed(headers: Mapping[str, str], token: str) -> dict[str, str]:
    """`headers` with this token and no other."""
    others = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    return others | ({"Authorization": f"Bearer {token}"} if token else {})
