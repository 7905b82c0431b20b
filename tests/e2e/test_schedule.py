"""Ticks: each due time starts one scan at most, and none while another is live."""

import json
from typing import Any

import pytest

from tests.e2e.estate import targets
from tests.e2e.platform import Json, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

LONG = 120.0
"""Seconds that a queue and a function may take where other things go on."""
NEW_YEAR = {"expression": "cron(0 0 1 1 ? *)", "timezone": "Europe/Vienna"}


@pytest.fixture
def network(project: Project, lab: Lab) -> Json:
    return project.network(targets=targets(lab, "silent"), ports="1-5", profile="discovery", schedule=NEW_YEAR)


def tick(project: Project, network: Json, time: str) -> None:
    """What the scheduler sends when the schedule is due."""
    body = {"project": project.id, "network": network["id"], "scheduled_time": time}
    project.platform.aws("sqs").send_message(
        QueueUrl=project.platform.outputs["TickQueueUrl"], MessageBody=json.dumps(body)
    )


def ticks(project: Project, network: Json) -> dict[str, Any]:
    page = project.platform.aws("dynamodb").query(
        TableName=project.platform.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"TCK#{project.id}#{network['id']}"}},
    )
    return {item["sk"]["S"]: item for item in page["Items"]}


def test_a_repeated_tick_starts_nothing_more(project: Project, network: Json) -> None:
    for _ in range(3):
        tick(project, network, "2026-01-01T00:00:00Z")
    scan = eventually(lambda: project.items("scans"), seconds=LONG, what="the tick starts a scan")[0]
    project.ended(scan)
    tick(project, network, "2026-01-01T00:00:00Z")
    tick(project, network, "2026-01-02T00:00:00Z")
    eventually(lambda: len(project.items("scans")) > 1, seconds=LONG, what="the next due time starts the next scan")
    eventually(lambda: len(ticks(project, network)) > 1, seconds=LONG, what="the tick is recorded after its scan")
    assert len(project.items("scans")) == 2
    assert len(ticks(project, network)) == 2
    for started in project.items("scans"):
        project.ended(started)


def test_a_tick_is_skipped_and_recorded_while_the_network_has_a_live_scan(project: Project, lab: Lab) -> None:
    """One that goes on for minutes, however late the tick is heard."""
    slow = {"ports": "1-2000", "rate": 10, "profile": "discovery", "schedule": NEW_YEAR}
    network = project.network(targets=targets(lab, "silent"), **slow)
    live = project.start(network)
    tick(project, network, "2026-01-01T00:00:00Z")
    recorded = eventually(lambda: ticks(project, network), seconds=LONG, what="the tick is recorded")
    assert "skipped" in str(recorded)
    assert [scan["id"] for scan in project.items("scans")] == [live["id"]]
    project.post("scans", live["id"], "cancel")
    project.ended(live)


def test_a_schedule_that_is_off_or_gone_starts_nothing(project: Project, network: Json) -> None:
    project.platform.client.put(
        "projects",
        project.id,
        "networks",
        network["id"],
        body={name: network[name] for name in ("name", "targets", "ports", "profile", "rate")},
        version=network["version"],
    )
    tick(project, network, "2026-01-01T00:00:00Z")
    eventually(lambda: ticks(project, network), seconds=LONG, what="the tick is recorded")
    assert project.items("scans") == []
