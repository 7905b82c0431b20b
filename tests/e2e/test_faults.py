"""Whatever dies, hangs or is stopped: the scan ends, what was found is kept, and no cell is called what it was not."""

import os
import signal

import pytest

from cli.errors import ApiError
from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Json, Project, eventually
from tests.e2e.workers import Worker, workers_of
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

SLOW = 300
"""Packets per second: a scan of four hosts then takes long enough to be disturbed."""


@pytest.fixture
def network(project: Project, lab: Lab) -> Json:
    hosts = targets(lab, "web", "mail", "ssh", "database")
    return project.network(targets=hosts, ports=PORTS, rate=SLOW, profile="discovery")


def running_worker(scan: Json, *, tool: str = "masscan") -> Worker:
    """A worker of the scan that has its tool at work."""

    def look() -> Worker | None:
        return next((worker for worker in workers_of(scan["id"]) if worker.tools(tool)), None)

    found = eventually(look, what=f"a worker runs {tool}")
    assert found is not None
    return found


def chunks(project: Project, scan: Json) -> dict[str, Json]:
    return {chunk["chunk"]: chunk for chunk in project.items("scans", scan["id"], "chunks")}


def uncovered(project: Project, scan: Json) -> list[Json]:
    return [
        line for line in project.result_lines(scan) if line["kind"] == "coverage" and line["answer"] == "not_covered"
    ]


def test_cancel_ends_a_running_scan_in_seconds_and_keeps_what_was_found(project: Project, network: Json) -> None:
    scan = project.start(network)
    running_worker(scan)
    project.post("scans", scan["id"], "cancel")
    ended = project.ended(scan, seconds=180)
    assert ended["status"] == "cancelled"
    assert ended["counts"]["cells_covered"] < ended["counts"]["cells"]
    assert eventually(lambda: not workers_of(scan["id"]), what="no worker is left")
    assert all(item["change"]["scan"] == scan["id"] for item in project.items("exposures"))


def test_cancel_of_a_scan_that_is_only_planned_ends_it(project: Project, network: Json) -> None:
    scan = project.start(network)
    project.post("scans", scan["id"], "cancel")
    assert project.ended(scan, seconds=180)["status"] == "cancelled"


def test_a_killed_worker_is_fenced_and_its_chunk_done_by_the_next(project: Project, lab: Lab, network: Json) -> None:
    scan = project.start(network)
    victim = running_worker(scan)
    victim.signal(signal.SIGKILL)
    ended = project.ended(scan)
    assert ended["status"] == "completed"
    assert chunks(project, scan)[victim.chunk]["attempt"] == 2
    assert project.open() == truth(lab, network["targets"])


@pytest.mark.long
def test_a_worker_that_outlives_its_attempt_changes_nothing(project: Project, lab: Lab) -> None:
    """The scan ends before the two minutes are over after which a task that does not stop is killed."""
    network = project.network(targets=targets(lab, "web", "mail"), ports=PORTS, rate=SLOW, profile="discovery")
    scan = project.start(network)
    sleeper = running_worker(scan)
    sleeper.signal(signal.SIGSTOP)
    try:
        stop_task(project, sleeper)
        ended = project.ended(scan)
        assert ended["status"] == "completed"
        before = chunks(project, scan)
        assert before[sleeper.chunk]["attempt"] == 2
    finally:
        sleeper.signal(signal.SIGCONT)
    eventually(lambda: not sleeper.alive(), what="the overtaken worker ends")
    assert chunks(project, scan) == before
    assert project.open() == truth(lab, network["targets"])


def stop_task(project: Project, worker: Worker) -> None:
    """As Fargate loses a task: ECS says that it is stopped, and its process does not know."""
    ecs, cluster = project.platform.aws("ecs"), project.platform.outputs["ClusterName"]
    arns = ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]
    for task in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]:
        for container in task["overrides"]["containerOverrides"]:
            variables = {entry["name"]: entry["value"] for entry in container["environment"]}
            if variables.get("VEDETTE_PROJECT") == project.id and variables.get("VEDETTE_CHUNK") == worker.chunk:
                ecs.stop_task(cluster=cluster, task=task["taskArn"], reason="test")
                return
    raise AssertionError("no such task is running")


@pytest.mark.parametrize(
    "blow",
    [
        pytest.param(signal.SIGKILL, id="crash", marks=pytest.mark.long),
        pytest.param(signal.SIGSTOP, id="hang"),
    ],
)
def test_a_tool_that_crashes_or_hangs_gives_partial(project: Project, lab: Lab, blow: signal.Signals) -> None:
    elsewhere = targets(lab, "silent", versions=[6])
    network = project.network(targets=[*targets(lab, "web", "mail"), *elsewhere], ports=PORTS, rate=SLOW)
    scan = project.start(network)
    worker = running_worker(scan)
    for tool in worker.tools("masscan"):
        os.kill(tool, blow)
    ended = project.ended(scan)
    assert ended["status"] == "partial"
    assert chunks(project, scan)[worker.chunk]["outcome"] == "partial"
    missing = uncovered(project, scan)
    assert missing
    assert all("masscan" in line["reason"] for line in missing)
    assert 0 < ended["counts"]["cells_covered"] < ended["counts"]["cells"]


def test_sigterm_saves_what_exists(project: Project, network: Json) -> None:
    scan = project.start(network)
    worker = running_worker(scan)
    worker.signal(signal.SIGTERM)
    ended = project.ended(scan)
    assert ended["status"] in {"partial", "failed"}
    assert chunks(project, scan)[worker.chunk]["outcome"] in {"partial", "stopped"}
    assert uncovered(project, scan)


def test_an_execution_aborted_from_outside_still_ends_the_scan_with_what_was_found(
    project: Project, network: Json
) -> None:
    scan = project.start(network)
    running_worker(scan)
    workflow, machine = project.platform.aws("stepfunctions"), project.platform.outputs["StateMachineArn"]
    execution = machine.replace(":stateMachine:", ":execution:") + f":{scan['id']}-1"
    workflow.stop_execution(executionArn=execution, cause="test")
    # A worker that does not save within the grace is left to the next sweep, two minutes later.
    ended = project.ended(scan)
    assert ended["status"] in {"partial", "failed"}
    assert eventually(lambda: not workers_of(scan["id"]), what="no worker is left")


def test_a_crash_between_the_two_writes_of_a_start_heals(project: Project, network: Json) -> None:
    iam = project.platform.aws("iam")
    role = next(
        name
        for name in (entry["RoleName"] for entry in iam.list_roles(MaxItems=1000)["Roles"])
        if "-HttpApiRole" in name
    )
    denial = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"states:StartExecution","Resource":"*"}}'
    iam.put_role_policy(RoleName=role, PolicyName="crash", PolicyDocument=denial)
    body = {"network": network["id"], "targets": network["targets"][:1], "ports": "80"}
    try:
        with pytest.raises(ApiError) as refused:
            project.post("scans", body=body, key="the same key")
        assert refused.value.status >= 500
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="crash")
    planned = project.items("scans")
    assert [scan["status"] for scan in planned] == ["planned"]
    started = project.post("scans", body=body, key="the same key")
    assert started["id"] == planned[0]["id"]
    assert project.ended(started)["status"] == "completed"
