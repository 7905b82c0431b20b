"""An ECS task as the local agent needs it: what the public API says, made ready to run."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        ContainerDefinitionOutputTypeDef,
        ContainerOverrideOutputTypeDef,
        TaskDefinitionTypeDef,
        TaskTypeDef,
    )

DEFAULT_COMMAND = ("python", "-m", "scanner_image")
DEFAULT_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class LogTarget:
    group: str
    stream: str


@dataclass(frozen=True)
class EcsTask:
    arn: str
    cluster: str
    role_arn: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stop_seconds: float
    log: LogTarget | None
    read_only: bool = False
    # Where volumes are mounted; Fargate's are empty at the start of each task.
    mounts: tuple[str, ...] = ()

    @property
    def task_id(self) -> str:
        return self.arn.rpartition("/")[2]

    def argv(self) -> tuple[str, ...]:
        """The command as a process of this machine: the image's Python is our own."""
        first, *rest = self.command
        return (sys.executable if first in {"python", "python3"} else first, *rest)


def read_task(task: "TaskTypeDef", definition: "TaskDefinitionTypeDef") -> EcsTask:
    """From DescribeTasks and DescribeTaskDefinition; our task definitions have one container."""
    container = definition["containerDefinitions"][0]
    overrides: list[ContainerOverrideOutputTypeDef] = task.get("overrides", {}).get("containerOverrides", [])
    nothing: ContainerOverrideOutputTypeDef = {}
    override = next((each for each in overrides if each.get("name") == container["name"]), nothing)
    environment = {pair["name"]: pair["value"] for pair in container.get("environment", [])}
    environment |= {pair["name"]: pair["value"] for pair in override.get("environment", [])}
    arn = task["taskArn"]
    return EcsTask(
        arn=arn,
        cluster=task["clusterArn"],
        role_arn=definition["taskRoleArn"],
        image=container["image"],
        command=tuple(override.get("command") or container.get("command") or DEFAULT_COMMAND),
        environment=environment,
        stop_seconds=float(container.get("stopTimeout", DEFAULT_STOP_SECONDS)),
        log=_log_target(container, arn.rpartition("/")[2]),
        read_only=container.get("readonlyRootFilesystem", False),
        mounts=tuple(mount["containerPath"] for mount in container.get("mountPoints", []) if "containerPath" in mount),
    )


def _log_target(container: "ContainerDefinitionOutputTypeDef", task_id: str) -> LogTarget | None:
    configuration = container.get("logConfiguration")
    if configuration is None or configuration["logDriver"] != "awslogs":
        return None
    options = configuration["options"]
    prefix = options.get("awslogs-stream-prefix", "ecs")
    return LogTarget(group=options["awslogs-group"], stream=f"{prefix}/{container['name']}/{task_id}")
