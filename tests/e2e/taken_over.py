"""A running task in the hands of an intruder, who makes each call from inside, with the task's own environment."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.e2e.intruder import packed, unpacked
from tests.e2e.platform import REPOSITORY, Json
from tests.e2e.roles import Roles
from tests.e2e.stage_hand import Operator
from tests.e2e.workers import Worker

ROW = "Scanner"


class NotReached(Exception):
    """The call did not come as far as an answer."""


class TakenOver(Roles):
    """The task's role as whoever took it over has it: by the credentials that the task itself asks for."""

    def __init__(self, operator: Operator, worker: Worker) -> None:
        super().__init__(operator)
        self.worker = worker
        self.environment = worker.environment()
        self._inside = ["nsenter", f"--net=/proc/{worker.pid}/ns/net", "--"]
        self._process = subprocess.Popen(
            [*self._inside, sys.executable, "-m", "tests.e2e.intruder"],
            env=self.environment,
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def client(self, row: str, service: str) -> Any:
        assert row == ROW
        return _RemoteClient(self, service)

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Raises ClientError as a client of boto3 would, NotReached."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(packed([service, operation, parameters]) + "\n")
        self._process.stdin.flush()
        told: Json = unpacked(self._process.stdout.readline())
        if "error" in told:
            raise ClientError(told["error"], operation)
        if "lost" in told:
            raise NotReached(told["lost"])
        return told["answer"]

    def asks(self, url: str, **headers: str) -> int:
        """The status of a GET from inside."""
        status: int = self.call("http", "get", {"url": url, "headers": headers})
        return status

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Another program inside."""
        return subprocess.run(
            [*self._inside, *argv], env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class _RemoteClient:
    """As far as calls of operations go, a client of boto3."""

    def __init__(self, inside: TakenOver, service: str) -> None:
        self._inside = inside
        self._service = service

    def __getattr__(self, operation: str) -> Any:
        return lambda **parameters: self._inside.call(self._service, operation, parameters)
