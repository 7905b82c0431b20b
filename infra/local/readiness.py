"""Waiting until the deployed API answers: its functions start on first use, which takes a busy machine its time."""

import time
import urllib.error
import urllib.request
from http.client import HTTPException

from infra.local.errors import StartError

PATIENCE_S = 180.0
_ANSWER_S = 60
_PAUSE_S = 0.5


def await_api(url: str, token: str, *, patience_s: float = PATIENCE_S) -> None:
    """Return once a list of projects is answered, which takes the API and its authorizer. Raises StartError."""
    request = urllib.request.Request(f"{url}/v1/projects?limit=1", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own endpoint
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_S):  # noqa: S310
                return
        except (OSError, HTTPException) as error:
            if time.monotonic() >= deadline:
                raise StartError(f"The deployed API gave no answer in {patience_s:.0f} s: {error}") from error
        time.sleep(_PAUSE_S)
