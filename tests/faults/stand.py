"""A deployed stack over the lab in which tasks and steps reach AWS through what can let them down."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.conftest import free_port
from tests.e2e.platform import Json, Platform, deployed
from tests.e2e.stage_hand import Operator
from tests.faults.agent import FaultyLauncher, own_agent
from tests.faults.proxy import Proxy
from tests.lab.lab import Lab

STEPS = ("PlanChunks", "AdmitChunk", "JudgeAttempt", "IngestChunk", "RecordFailure", "FinishScan")


@dataclass(frozen=True, kw_only=True)
class Stand:
    """`tasks`, `steps`: what stands between workers, or the steps of the workflow, and AWS."""

    platform: Platform
    lab: Lab
    operator: Operator
    launcher: FaultyLauncher
    tasks: Proxy
    steps: Proxy

    def deliver(self, row: str, body: Json) -> None:
        """To a step, as if the workflow did; what it makes of that is not asked."""
        name = self.operator.functions[row]["FunctionName"]
        self.operator.aws("lambda").invoke(FunctionName=name, Payload=json.dumps(body).encode())

    def send_ending(self, body: Json) -> None:
        """To the queue of *finish*."""
        url = self.operator.outputs["FinishQueueUrl"]
        self.operator.aws("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def calm(self) -> None:
        """No fault is left."""
        self.tasks.trouble = self.steps.trouble = None
        self.launcher.calm()


@contextmanager
def standing(directory: Path, tell: Callable[[str], object]) -> Iterator[Stand]:
    with Lab.start() as lab:
        names, port = str(lab.host("dns").address), free_port()
        with deployed(directory, port=port, name_servers=names, tell=tell) as platform:
            tasks, steps = Proxy(port), Proxy(port)
            try:
                with own_agent(platform.paths, port=port, tasks_port=tasks.port) as launcher:
                    platform.place_tasks(lab.worker_namespaces)
                    operator = Operator(platform)
                    for row in STEPS:
                        _lead(operator, row, steps.port)
                    yield Stand(
                        platform=platform, lab=lab, operator=operator, launcher=launcher, tasks=tasks, steps=steps
                    )
            finally:
                tasks.close()
                steps.close()


def _lead(operator: Operator, row: str, port: int) -> None:
    """A function finds AWS at this port from now on."""
    function = operator.functions[row]
    variables: dict[str, Any] = {**function["Environment"]["Variables"], "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    operator.aws("lambda").update_function_configuration(
        FunctionName=function["FunctionName"], Environment={"Variables": variables}
    )
