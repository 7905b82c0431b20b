"""A blow tells whether it has met anything: a process, a scan that is still live, an execution that still runs."""

import os
import random
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.e2e.platform import Project
from tests.faults.blows import BLOWS

SCAN = {"id": uuid.uuid4().hex}
NOBODY = cast("Project", None)
ASLEEP = "import time; time.sleep(60)"


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """What is found as a worker of the scan: by its command line and its environment."""
    environment = {**os.environ, "VEDETTE_SCAN": SCAN["id"], "VEDETTE_CHUNK": "00000"}
    process = subprocess.Popen([sys.executable, "-c", ASLEEP, "scanner_image"], env=environment)
    yield process
    process.kill()
    process.wait(10)


@pytest.mark.parametrize("name", ["kill worker", "end worker", "kill tool", "stop tool"])
def test_a_blow_at_nobody_has_met_nothing(name: str) -> None:
    assert not BLOWS[name](NOBODY, SCAN, random.Random(1))


@pytest.mark.parametrize(("name", "number"), [("kill worker", signal.SIGKILL), ("end worker", signal.SIGTERM)])
def test_a_blow_at_a_worker_has_met_it(name: str, number: int, worker: subprocess.Popen[bytes]) -> None:
    assert BLOWS[name](NOBODY, SCAN, random.Random(1))
    assert worker.wait(10) == -number


def test_a_blow_at_the_tools_of_a_worker_without_any_has_met_nothing(worker: subprocess.Popen[bytes]) -> None:
    assert not BLOWS["kill tool"](NOBODY, SCAN, random.Random(1))
    assert worker.poll() is None


class Asked:
    """A project, its platform and its workflow: how the scan and its execution are, and what is done to them."""

    def __init__(self, scan: str = "", execution: str = "") -> None:
        self.done: list[str] = []
        self.scan, self.execution = scan, execution
        self.outputs = {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:scan"}
        self.platform = self

    def aws(self, _service: str) -> Any:
        return SimpleNamespace(
            describe_execution=lambda **_: {"status": self.execution},
            stop_execution=lambda **asked: self.done.append(asked["executionArn"]),
        )

    def get(self, *_path: str) -> dict[str, str]:
        return {"status": self.scan}

    def post(self, *path: str) -> None:
        self.done.append("/".join(path))


@pytest.mark.parametrize(("status", "live"), [("planned", True), ("running", True), ("completed", False)])
def test_a_cancel_meets_a_live_scan_alone(status: str, live: bool) -> None:
    asked = Asked(scan=status)
    assert BLOWS["cancel"](cast("Project", asked), SCAN, random.Random(1)) is live
    assert asked.done == [f"scans/{SCAN['id']}/cancel"] * live


@pytest.mark.parametrize(("status", "running"), [("RUNNING", True), ("SUCCEEDED", False)])
def test_an_abort_meets_a_running_execution_alone(status: str, running: bool) -> None:
    asked = Asked(execution=status)
    assert BLOWS["abort"](cast("Project", asked), SCAN, random.Random(1)) is running
    execution = f"arn:aws:states:us-east-1:000000000000:execution:scan:{SCAN['id']}-1"
    assert asked.done == [execution] * running
