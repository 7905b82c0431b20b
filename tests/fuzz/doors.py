"""Ways into the HTTP API for a made request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import requests


class Door(Protocol):
    """Answers as `requests` tells it, whatever the status."""

    def send(self, request: requests.PreparedRequest) -> requests.Response: ...


@dataclass
class OverHttp:
    """To the deployed stack; nothing of this machine's own settings is added."""

    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        return self.session.send(request, timeout=60, allow_redirects=False)


def credentialed(headers: Mapping[str, str], token: str) -> dict[str, str]:
    """`headers` with this token and no other."""
    others = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    return others | ({"Authorization": f"Bearer {token}"} if token else {})
