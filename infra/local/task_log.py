"""The awslogs driver of the local Fargate: what a task prints ends in its CloudWatch log stream."""

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.ecs_task import LogTarget
from infra.local.running_task import RunningTask

if TYPE_CHECKING:
    from mypy_boto3_logs.client import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef

MOST_BYTES = 256 * 1024

logger = logging.getLogger("vedette.fargate")


@dataclass
class TaskLog:
    logs: "CloudWatchLogsClient"
    _read: dict[str, int] = field(default_factory=dict, init=False)

    def forward(self, running: RunningTask) -> None:
        """Send the whole lines printed since the last call; lost lines are still in the task's log file."""
        target, task_id = running.task.log, running.task.task_id
        if target is None:
            return
        start = self._read.get(task_id, 0)
        with running.log_file.open("rb") as printed:
            printed.seek(start)
            chunk = printed.read(MOST_BYTES)
        whole = chunk[: chunk.rfind(b"\n") + 1]
        if not whole:
            return
        try:
            if start == 0:
                self.logs.create_log_stream(logGroupName=target.group, logStreamName=target.stream)
            self._put(target, whole.decode("utf-8", "replace").splitlines())
        except (BotoCoreError, ClientError) as error:
            logger.warning("Log lines of task %s were not forwarded: %s", task_id, error)
        self._read[task_id] = start + len(whole)

    def _put(self, target: LogTarget, lines: list[str]) -> None:
        now = int(time.time() * 1000)
        events: list[InputLogEventTypeDef] = [{"timestamp": now, "message": line} for line in lines if line]
        if events:
            self.logs.put_log_events(logGroupName=target.group, logStreamName=target.stream, logEvents=events)
