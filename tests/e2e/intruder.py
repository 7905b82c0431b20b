"""Inside a task that was taken over: makes the calls that it is told on stdin, with what the task has, and tells what came of each."""

import base64
import json
import sys
import urllib.error
import urllib.request
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_BYTES = "__bytes__"
_ONCE = Config(retries={"total_max_attempts": 1})


def packed(value: object) -> str:
    return json.dumps(value, default=_pack)


def _pack(each: Any) -> object:
    """What JSON has no form for: bytes, files, times."""
    if hasattr(each, "read"):
        each = each.read()
    return {_BYTES: base64.b64encode(each).decode()} if isinstance(each, bytes | bytearray) else str(each)


def unpacked(text: str) -> Any:
    return json.loads(text, object_hook=lambda each: base64.b64decode(each[_BYTES]) if _BYTES in each else each)


class Intruder:
    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def do(self, service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            if service == "http":
                return {"answer": _ask(**parameters)}
            return {"answer": getattr(self._client(service), operation)(**parameters)}
        except ClientError as error:
            return {"error": error.response}
        except (BotoCoreError, OSError) as error:
            return {"lost": f"{type(error).__name__}: {error}"}

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            make: Any = boto3.client  # the name of the service is known only at run time
            self._clients[service] = make(service, config=_ONCE)
        return self._clients[service]


def _ask(url: str, headers: dict[str, str]) -> int:
    """The status of a GET."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def main() -> None:
    intruder = Intruder()
    for line in sys.stdin:
        sys.stdout.write(packed(intruder.do(*unpacked(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
