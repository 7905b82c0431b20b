"""An account's inventory, read from an account in memory."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.adapters.aws_inventory import AwsInventory
from functions.core.errors import Unavailable, Unproven

REGION = "eu-central-1"
ROLE = "arn:aws:iam::123456789012:role/vedette-reader"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def read(make: Any = boto3.client) -> Any:
    return AwsInventory(make).read(role=ROLE, external_id="vedette-1", regions=(REGION,), session="vedette-1")


def test_elastic_addresses_those_of_interfaces_and_public_load_balancers_are_found() -> None:
    ec2 = boto3.client("ec2", region_name=REGION)
    unused = ec2.allocate_address(Domain="vpc")["PublicIp"]
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    interface = ec2.create_network_interface(SubnetId=subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    used = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=used["AllocationId"], NetworkInterfaceId=interface)
    balancers = boto3.client("elbv2", region_name=REGION)
    names = [
        balancers.create_load_balancer(Name=scheme, Subnets=subnets, Scheme=scheme)["LoadBalancers"][0]["DNSName"]
        for scheme in ("internet-facing", "internal")
    ]
    classic = boto3.client("elb", region_name=REGION).create_load_balancer(
        LoadBalancerName="old",
        Listeners=[{"Protocol": "tcp", "LoadBalancerPort": 80, "InstancePort": 80}],
        AvailabilityZones=[f"{REGION}a"],
    )["DNSName"]
    found = read()
    assert {unused, used["PublicIp"]} <= set(found.addresses)
    assert set(found.names) == {names[0].lower(), classic.lower()}


def test_other_regions_are_not_looked_at() -> None:
    elsewhere = boto3.client("ec2", region_name="us-west-2").allocate_address(Domain="vpc")["PublicIp"]
    assert elsewhere not in read().addresses


def failing(code: str, status: int = 403) -> Any:
    def make(service: str, **options: Any) -> Any:
        del options
        answer: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(answer, service)

    return make


def test_a_role_that_cannot_be_used_proves_nothing() -> None:
    with pytest.raises(Unproven, match="AccessDenied"):
        read(failing("AccessDenied"))


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("InternalError", 500)])
def test_where_aws_does_not_answer_nothing_is_said_of_the_evidence(code: str, status: int) -> None:
    with pytest.raises(Unavailable):
        read(failing(code, status))
