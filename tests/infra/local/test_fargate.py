import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local.aws import DIRECT, root_session
from infra.local.daemon import identity_of
from infra.local.emulator import Emulator
from infra.local.fargate import Agent, agent

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import KeyValuePairTypeDef

pytestmark = pytest.mark.e2e

SHOW = """
import json, os, sys, urllib.request
request = urllib.request.Request(
    os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
    headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
)
served = json.load(urllib.request.urlopen(request))
print(json.dumps({"environment": dict(os.environ), "role": served["RoleArn"], "keys": sorted(served)}), flush=True)
sys.exit(7)
"""
WAIT = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("saving", flush=True), sys.exit(0)))
print("waiting", flush=True)
time.sleep(600)
"""
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


class Cluster:
    """A cluster of the test's own; `run` starts a task whose container runs this Python code."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        session = root_session()
        self.ecs = session.client("ecs", endpoint_url=emulator.endpoint, config=DIRECT)
        self.logs = session.client("logs", endpoint_url=emulator.endpoint, config=DIRECT)
        iam = session.client("iam", endpoint_url=emulator.endpoint, config=DIRECT)
        self.name = name
        self.logs.create_log_group(logGroupName=name)
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **TRUST}))
        self.role_arn = role["Role"]["Arn"]
        self.ecs.create_cluster(clusterName=name)

    def run(self, code: str, *, command: list[str] | None = None, **environment: str) -> str:
        definition = self.ecs.register_task_definition(
            family=self.name,
            taskRoleArn=self.role_arn,
            containerDefinitions=[
                {
                    "name": "scanner",
                    "image": "none",
                    "command": command or ["python", "-c", code],
                    "stopTimeout": 60,
                    "environment": [{"name": "FIXED", "value": "yes"}],
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {"awslogs-group": self.name, "awslogs-stream-prefix": "test"},
                    },
                }
            ],
        )
        overrides: list[KeyValuePairTypeDef] = [{"name": name, "value": value} for name, value in environment.items()]
        started = self.ecs.run_task(
            cluster=self.name,
            taskDefinition=definition["taskDefinition"]["taskDefinitionArn"],
            overrides={"containerOverrides": [{"name": "scanner", "environment": overrides}]},
        )
        return started["tasks"][0]["taskArn"]

    def stopped_reason(self, arn: str) -> str:
        task = self.ecs.describe_tasks(cluster=self.name, tasks=[arn])["tasks"][0]
        return task["stoppedReason"] if task["lastStatus"] == "STOPPED" else ""

    def lines(self, arn: str) -> list[str]:
        stream = f"test/scanner/{arn.rpartition('/')[2]}"
        try:
            events = self.logs.get_log_events(logGroupName=self.name, logStreamName=stream)["events"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]


def eventually(look: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


@pytest.fixture
def cluster(emulator: Emulator, request: pytest.FixtureRequest) -> Cluster:
    return Cluster(emulator, request.node.name.replace("_", "-")[:60])


@pytest.fixture
def running_agent(emulator: Emulator) -> Iterator[Agent]:
    made = agent(emulator)
    stopped = threading.Event()
    thread = threading.Thread(target=made.run, args=(stopped,))
    thread.start()
    yield made
    stopped.set()
    thread.join(timeout=120)
    made.credentials.close()
    assert not thread.is_alive()


def test_a_task_runs_with_its_own_environment_and_its_roles_credentials(
    running_agent: Agent, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    arn = cluster.run(SHOW, SCAN="s1")
    eventually(lambda: cluster.stopped_reason(arn))
    assert cluster.stopped_reason(arn) == "Essential container in task exited (exit code 7)"
    shown = json.loads(cluster.lines(arn)[0])
    assert shown["role"] == cluster.role_arn
    assert shown["environment"]["SCAN"] == "s1"
    assert set(shown["environment"]) == {
        *("FIXED", "SCAN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "PATH", "HOME", "TMPDIR", "LANG"),
        *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    } | ({"LC_CTYPE"} & set(shown["environment"]))


def test_another_tasks_token_opens_nothing(running_agent: Agent, cluster: Cluster) -> None:
    theirs = running_agent.credentials.grant("their-task", cluster.role_arn)["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    code = SHOW.replace('os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]', repr(theirs))
    arn = cluster.run(code)
    eventually(lambda: cluster.stopped_reason(arn))
    assert "HTTP Error 403" in "\n".join(cluster.lines(arn))
    running_agent.credentials.revoke("their-task")


def test_a_task_that_is_stopped_in_ecs_gets_time_to_save(running_agent: Agent, cluster: Cluster) -> None:
    arn = cluster.run(WAIT)
    eventually(lambda: "waiting" in cluster.lines(arn))
    cluster.ecs.stop_task(cluster=cluster.name, task=arn, reason="the user cancelled")
    eventually(lambda: "saving" in cluster.lines(arn))
    assert cluster.stopped_reason(arn) == "the user cancelled"


def test_a_task_that_cannot_start_is_stopped_with_the_reason(running_agent: Agent, cluster: Cluster) -> None:
    arn = cluster.run("", command=["/no/such/program"])
    eventually(lambda: "CannotStartContainerError" in cluster.stopped_reason(arn))


def test_tasks_that_a_dead_agent_left_behind_are_ended_and_reported(emulator: Emulator, cluster: Cluster) -> None:
    arn = cluster.run(WAIT)
    argv = [sys.executable, "-m", "infra.local.fargate", f"--root={emulator.paths.root}", f"--port={emulator.port}"]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as dying:
        eventually(lambda: "waiting" in cluster.lines(arn))
        dying.kill()
    record = json.loads((emulator.paths.task_records / f"{arn.rpartition('/')[2]}.json").read_text())
    assert identity_of(record["process"]["pid"]) is not None

    successor = agent(emulator)
    stopped = threading.Event()
    thread = threading.Thread(target=successor.run, args=(stopped,))
    thread.start()
    eventually(lambda: cluster.stopped_reason(arn) == "The agent that ran this task died")
    eventually(lambda: identity_of(record["process"]["pid"]) is None)
    stopped.set()
    thread.join(timeout=120)
    successor.credentials.close()
    assert not list(emulator.paths.task_records.iterdir())
    assert not Path(record["scratch"]).exists()


def test_an_ending_agent_ends_its_tasks_first(emulator: Emulator, cluster: Cluster) -> None:
    made = agent(emulator)
    stopped = threading.Event()
    thread = threading.Thread(target=made.run, args=(stopped,))
    thread.start()
    arn = cluster.run(WAIT)
    eventually(lambda: "waiting" in cluster.lines(arn))
    stopped.set()
    thread.join(timeout=120)
    made.credentials.close()
    assert "saving" in cluster.lines(arn)
    assert cluster.stopped_reason(arn) == "The local stack was stopped (exit code 0)"
