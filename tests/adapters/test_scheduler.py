"""What is asked of EventBridge Scheduler for a network, on moto's."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_scheduler import EventBridgeSchedulerClient

from functions.adapters.scheduler import Scheduler
from functions.core.ids import new_id
from functions.core.network import Network, Schedule
from tests.platform_in_memory import START

GROUP = "networks"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:ticks"
DEAD = "arn:aws:sqs:us-east-1:000000000000:dead-ticks"
ROLE = "arn:aws:iam::000000000000:role/scheduler"

NETWORK = Network(
    id=new_id(START),
    project=new_id(START),
    name="office",
    targets=("10.0.0.0/24",),
    schedule=Schedule(expression="cron(0 6 * * ? *)", timezone="Europe/Berlin"),
    created=START,
    updated=START,
)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[EventBridgeSchedulerClient]:
    with mock_aws():
        made = boto3.client(
            "scheduler", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        made.create_schedule_group(Name=GROUP)
        yield made


@pytest.fixture
def scheduler(client: EventBridgeSchedulerClient) -> Scheduler:
    return Scheduler(client, group=GROUP, target_arn=QUEUE, role_arn=ROLE, dead_letter_arn=DEAD)


def test_a_schedule_ticks_into_the_queue_with_its_own_scheduled_time(
    client: EventBridgeSchedulerClient, scheduler: Scheduler
) -> None:
    scheduler.put(NETWORK)
    made = client.get_schedule(GroupName=GROUP, Name=NETWORK.id)
    assert (made["ScheduleExpression"], made["ScheduleExpressionTimezone"]) == ("cron(0 6 * * ? *)", "Europe/Berlin")
    assert (made["State"], made["FlexibleTimeWindow"]) == ("ENABLED", {"Mode": "OFF"})
    target = made["Target"]
    assert (target["Arn"], target["RoleArn"], target["DeadLetterConfig"]) == (QUEUE, ROLE, {"Arn": DEAD})
    assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
    assert json.loads(target["Input"]) == {
        "project": NETWORK.project,
        "network": NETWORK.id,
        "scheduled_time": "<aws.scheduler.scheduled-time>",
    }


def test_putting_again_follows_the_network(client: EventBridgeSchedulerClient, scheduler: Scheduler) -> None:
    scheduler.put(NETWORK)
    scheduler.put(NETWORK)
    scheduler.put(NETWORK.model_copy(update={"schedule": Schedule(expression="rate(1 day)", enabled=False)}))
    made = client.get_schedule(GroupName=GROUP, Name=NETWORK.id)
    assert (made["ScheduleExpression"], made["State"]) == ("rate(1 day)", "DISABLED")


def test_a_network_that_is_off_does_not_tick(client: EventBridgeSchedulerClient, scheduler: Scheduler) -> None:
    scheduler.put(NETWORK.model_copy(update={"enabled": False}))
    assert client.get_schedule(GroupName=GROUP, Name=NETWORK.id)["State"] == "DISABLED"


def test_a_network_without_a_schedule_has_none_there(client: EventBridgeSchedulerClient, scheduler: Scheduler) -> None:
    scheduler.put(NETWORK)
    scheduler.put(NETWORK.model_copy(update={"schedule": None}))
    scheduler.delete(NETWORK.id)
    assert client.list_schedules(GroupName=GROUP)["Schedules"] == []
