"""What may befall a scan by a single blow, whoever strikes it: its workers, their tools, its workflow, its user."""

import os
import random
import signal
from collections.abc import Callable, Mapping

from tests.e2e.platform import Json, Project
from tests.e2e.workers import Worker, workers_of

Blow = Callable[[Project, Json, random.Random], None]


def some_worker(scan: Json, chance: random.Random) -> Worker | None:
    """None: none is at work at this moment, and the blow falls into the void."""
    workers = workers_of(scan["id"])
    return chance.choice(workers) if workers else None


def _on_worker(number: signal.Signals) -> Blow:
    def strike(_project: Project, scan: Json, chance: random.Random) -> None:
        if worker := some_worker(scan, chance):
            _send(worker.pid, number)

    return strike


def _on_tools(number: signal.Signals) -> Blow:
    def strike(_project: Project, scan: Json, chance: random.Random) -> None:
        if worker := some_worker(scan, chance):
            for tool in worker.tools("masscan") + worker.tools("nmap"):
                _send(tool, number)

    return strike


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended by itself a moment ago


def cancel(project: Project, scan: Json, _chance: random.Random) -> None:
    if project.get("scans", scan["id"])["status"] in {"planned", "running"}:
        project.post("scans", scan["id"], "cancel")


def abort(project: Project, scan: Json, _chance: random.Random) -> None:
    machine = project.platform.outputs["StateMachineArn"]
    execution = machine.replace(":stateMachine:", ":execution:") + f":{scan['id']}-1"
    project.platform.aws("stepfunctions").stop_execution(executionArn=execution, cause="test")


BLOWS: Mapping[str, Blow] = {
    "kill worker": _on_worker(signal.SIGKILL),
    "end worker": _on_worker(signal.SIGTERM),
    "kill tool": _on_tools(signal.SIGKILL),
    "stop tool": _on_tools(signal.SIGSTOP),
    "cancel": cancel,
    "abort": abort,
}
