"""A task that has started tells by its interface where it sends from."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.adapters.interfaces import Interfaces
from functions.core.errors import NotFound
from functions.core.ids import new_id
from functions.store.sources import Sources
from functions.usecases.record_source import RecordSource, StartedTask
from tests.backend import NOW, Backend

SCAN = new_id(NOW)


def detail(project: str, *interfaces: str) -> dict[str, Any]:
    """As ECS tells of a task, in part."""
    words = {"VEDETTE_PROJECT": project, "VEDETTE_SCAN": SCAN, "VEDETTE_CHUNK": "00003", "VEDETTE_RUN": "1"}
    return {
        "lastStatus": "RUNNING",
        "createdAt": "2026-11-21T07:59:00Z",
        "startedAt": "2026-11-21T08:00:00Z",
        "overrides": {
            "containerOverrides": [
                {"name": "scanner", "environment": [{"name": name, "value": value} for name, value in words.items()]}
            ]
        },
        "attachments": [
            {
                "type": "eni",
                "details": [
                    {"name": "subnetId", "value": "subnet-1"},
                    {"name": "networkInterfaceId", "value": interface},
                ],
            }
            for interface in interfaces
        ],
    }


class Known(Interfaces):
    def __init__(self) -> None:
        self.known = {"eni-1": ("203.0.113.5", "10.1.0.9", "2001:db8::9")}

    def addresses(self, interface: str) -> tuple[str, ...]:
        if interface not in self.known:
            raise NotFound("gone")
        return self.known[interface]


def test_every_address_of_its_interface_is_recorded_once(backend: Backend) -> None:
    record = RecordSource(interfaces=Known(), sources=Sources(backend.table))
    task = StartedTask.of(detail(backend.project, "eni-1"))
    for _ in range(2):
        assert record(task) == ("203.0.113.5", "10.1.0.9", "2001:db8::9")
    (sent,) = Sources(backend.table).of("203.0.113.5", since=NOW - timedelta(hours=1), until=NOW, limit=10)
    assert (sent.project, sent.scan, sent.chunk, sent.since, sent.until) == (backend.project, SCAN, "00003", NOW, None)


def test_a_task_that_has_gone_already_records_nothing(backend: Backend) -> None:
    record = RecordSource(interfaces=Known(), sources=Sources(backend.table))
    assert record(StartedTask.of(detail(backend.project, "eni-2"))) == ()
    assert record(StartedTask.of(detail(backend.project))) == ()


def test_an_interface_tells_its_public_and_private_addresses() -> None:
    with mock_aws():
        ec2: Any = boto3.client("ec2", region_name="us-east-1")
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
        given = ec2.allocate_address(Domain="vpc")
        ec2.associate_address(AllocationId=given["AllocationId"], NetworkInterfaceId=interface["NetworkInterfaceId"])
        found = Interfaces(ec2).addresses(interface["NetworkInterfaceId"])
        assert set(found) == {given["PublicIp"], interface["PrivateIpAddress"]}
        with pytest.raises(NotFound):
            Interfaces(ec2).addresses("eni-0123456789abcdef0")
