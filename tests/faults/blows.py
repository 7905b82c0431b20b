"""What may befall a scan by a single blow, whoever strikes it: its workers, their tools, its workflow, its user.

Each blow tells whether it has met anything: a scan that has ended, or not begun, is past or before all of them.
"""

import os
import random
import signal
from collections.abc import Callable, Mapping

from tests.e2e.platform import Json, Project
from tests.e2e.workers import Worker, workers_of

Blow = Callable[[Project, Json, random.Random], bool]


def some_worker(scan: Json, chance: random.Random) -> Worker | None:
    """None: none is at work at this moment."""
    workers = workers_of(scan["id"])
    return chance.choice(workers) if workers else None


def _on_worker(number: signal.Signals) -> Blow:
    def strike(_project: Project, scan: Json, chance: random.Random) -> bool:
        worker = some_worker(scan, chance)
        return worker is not None and _send(worker.pid, number)

    return strike


def _on_tools(number: signal.Signals) -> Blow:
    """All that one worker has at work."""

    def strike(_project: Project, scan: Json, chance: random.Random) -> bool:
        tools = [worker.tools("masscan") + worker.tools("nmap") for worker in workers_of(scan["id"])]
        at_work = [each for each in tools if each]
        struck = [_send(tool, number) for tool in chance.choice(at_work)] if at_work else []
        return any(struck)

    return strike


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False  # it ended by itself a moment ago
    return True


def cancel(project: Project, scan: Json, _chance: random.Random) -> bool:
    if project.get("scans", scan["id"])["status"] not in {"planned", "running"}:
        return False
    project.post("scans", scan["id"], "cancel")
    return True


def abort(project: Project, scan: Json, _chance: random.Random) -> bool:
    workflow, machine = project.platform.aws("stepfunctions"), project.platform.outputs["StateMachineArn"]
    execution = machine.replace(":stateMachine:", ":execution:") + f":{scan['id']}-1"
    if workflow.describe_execution(executionArn=execution)["status"] != "RUNNING":
        return False
    workflow.stop_execution(executionArn=execution, cause="test")
    return True


BLOWS: Mapping[str, Blow] = {
    "kill worker": _on_worker(signal.SIGKILL),
    "end worker": _on_worker(signal.SIGTERM),
    "kill tool": _on_tools(signal.SIGKILL),
    "stop tool": _on_tools(signal.SIGSTOP),
    "cancel": cancel,
    "abort": abort,
}
