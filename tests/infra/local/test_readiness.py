"""When the deployed API is said to be up."""

import urllib.error
import urllib.request
from contextlib import nullcontext
from email.message import Message
from typing import Any

import pytest

from infra.local import readiness
from infra.local.errors import StartError
from infra.local.readiness import await_api


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked, by header: an API that is not there at first, then fails, then answers."""
    failures: list[Exception] = [
        TimeoutError("timed out"),
        urllib.error.HTTPError("", 503, "starting", Message(), None),
    ]
    asked: list[str] = []

    def answer(request: urllib.request.Request, *, timeout: float) -> Any:
        asked.append(f"{request.full_url} {request.headers['Authorization']}")
        if failures:
            raise failures.pop(0)
        return nullcontext()

    monkeypatch.setattr(readiness, "_PAUSE_S", 0)
    monkeypatch.setattr(urllib.request, "urlopen", answer)
    return asked


def test_an_api_that_starts_slowly_is_waited_for(asked: list[str]) -> None:
    await_api("http://127.0.0.1:1/api", "vdt_x")
    assert asked == ["http://127.0.0.1:1/api/v1/projects?limit=1 Bearer vdt_x"] * 3


def test_an_api_that_never_answers_is_an_error(asked: list[str]) -> None:
    with pytest.raises(StartError, match="gave no answer in 0 s: timed out"):
        await_api("http://127.0.0.1:1/api", "vdt_x", patience_s=0)
    assert len(asked) == 1
