import sys
from typing import TYPE_CHECKING

import pytest

from infra.local.ecs_task import DEFAULT_COMMAND, DEFAULT_STOP_SECONDS, EcsTask, LogTarget, read_task

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskDefinitionTypeDef, TaskTypeDef

ARN = "arn:aws:ecs:us-east-1:000000000000:task/scans/0f1e"


@pytest.fixture
def task() -> "TaskTypeDef":
    return {
        "taskArn": ARN,
        "clusterArn": "arn:aws:ecs:us-east-1:000000000000:cluster/scans",
        "overrides": {
            "containerOverrides": [
                {"name": "sidecar", "environment": [{"name": "SCAN", "value": "not this one"}]},
                {"name": "scanner", "environment": [{"name": "SCAN", "value": "s1"}, {"name": "TABLE", "value": "t2"}]},
            ]
        },
    }


@pytest.fixture
def definition() -> "TaskDefinitionTypeDef":
    return {
        "taskRoleArn": "arn:aws:iam::000000000000:role/task",
        "containerDefinitions": [
            {
                "name": "scanner",
                "image": "vedette-scanner:local",
                "stopTimeout": 120,
                "environment": [{"name": "TABLE", "value": "t1"}, {"name": "BUCKET", "value": "b1"}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "/scans", "awslogs-stream-prefix": "worker"},
                },
            }
        ],
    }


def test_overrides_of_its_own_container_win_over_the_definition(
    task: "TaskTypeDef", definition: "TaskDefinitionTypeDef"
) -> None:
    assert read_task(task, definition).environment == {"TABLE": "t2", "BUCKET": "b1", "SCAN": "s1"}


def test_the_stop_timeout_is_the_definitions_own(task: "TaskTypeDef", definition: "TaskDefinitionTypeDef") -> None:
    assert read_task(task, definition).stop_seconds == 120
    del definition["containerDefinitions"][0]["stopTimeout"]
    assert read_task(task, definition).stop_seconds == DEFAULT_STOP_SECONDS


def test_log_lines_go_where_the_awslogs_driver_would_send_them(
    task: "TaskTypeDef", definition: "TaskDefinitionTypeDef"
) -> None:
    assert read_task(task, definition).log == LogTarget("/scans", "worker/scanner/0f1e")
    del definition["containerDefinitions"][0]["logConfiguration"]
    assert read_task(task, definition).log is None


def test_the_command_is_the_overrides_then_the_definitions_then_the_images(
    task: "TaskTypeDef", definition: "TaskDefinitionTypeDef"
) -> None:
    assert read_task(task, definition).command == DEFAULT_COMMAND
    definition["containerDefinitions"][0]["command"] = ["python", "-m", "other"]
    assert read_task(task, definition).command == ("python", "-m", "other")
    task["overrides"]["containerOverrides"][1]["command"] = ["python", "-V"]
    assert read_task(task, definition).command == ("python", "-V")


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        (("python", "-m", "scanner_image"), (sys.executable, "-m", "scanner_image")),
        (("python3", "-V"), (sys.executable, "-V")),
        (("/usr/bin/true",), ("/usr/bin/true",)),
    ],
)
def test_the_images_python_is_this_interpreter(command: tuple[str, ...], argv: tuple[str, ...]) -> None:
    task = EcsTask(ARN, "scans", "role", "image", command, {}, 30, None)
    assert task.argv() == argv
    assert task.task_id == "0f1e"
