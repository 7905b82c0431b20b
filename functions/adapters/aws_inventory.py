"""What an AWS account shows to the world, read through a role that its owner grants."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from functions.core.errors import Unavailable, Unproven

_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 3})
_SESSION_SECONDS = 900
_BUSY = frozenset({"RequestLimitExceeded", "ServiceUnavailable", "Throttling", "ThrottlingException", "Unavailable"})

Make = Callable[..., Any]
"""A client by the name of its service; the stubs that are installed know none of these services."""


@dataclass(frozen=True, slots=True)
class Found:
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    """Of load balancers: their addresses change, their names stay."""


class AwsInventory:
    """`make` is boto3's own; tests give one that leads to theirs."""

    def __init__(self, make: Make = boto3.client) -> None:
        self._make = make

    def read(self, *, role: str, external_id: str, regions: Sequence[str], session: str) -> Found:
        """Raises Unproven where the role cannot be used, Unavailable where AWS does not answer."""
        try:
            granted = self._assume(role, external_id, session)
            addresses: set[str] = set()
            names: set[str] = set()
            for region in regions:
                addresses.update(_addresses(granted("ec2", region)))
                names.update(_names(granted("elbv2", region), granted("elb", region)))
        except ClientError as error:
            raise _refused(error, role) from error
        except BotoCoreError as error:
            raise Unavailable("AWS did not answer about the account's inventory; try again") from error
        return Found(tuple(sorted(addresses, key=_order)), tuple(sorted(names)))

    def _assume(self, role: str, external_id: str, session: str) -> Callable[[str, str], Any]:
        answer = self._make("sts", config=_CONFIG).assume_role(
            RoleArn=role, RoleSessionName=session, ExternalId=external_id, DurationSeconds=_SESSION_SECONDS
        )
        keys = answer["Credentials"]

        def granted(service: str, region: str) -> Any:
            return self._make(
                service,
                region_name=region,
                config=_CONFIG,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
            )

        return granted


def _addresses(ec2: Any) -> Iterator[str]:
    """Elastic ones, in use or not, and what network interfaces have now."""
    for elastic in ec2.describe_addresses().get("Addresses", ()):
        if address := elastic.get("PublicIp"):
            yield address
    for page in ec2.get_paginator("describe_network_interfaces").paginate():
        for interface in page.get("NetworkInterfaces", ()):
            yield from _public(interface)


def _public(interface: dict[str, Any]) -> Iterator[str]:
    associated = [interface, *interface.get("PrivateIpAddresses", ())]
    yield from (each["Association"]["PublicIp"] for each in associated if each.get("Association", {}).get("PublicIp"))
    for each in interface.get("Ipv6Addresses", ()):
        address = ipaddress.ip_address(each["Ipv6Address"])
        if address.is_global:
            yield str(address)


def _names(balancers: Any, classic: Any) -> Iterator[str]:
    """Of those that face the internet."""
    for page in balancers.get_paginator("describe_load_balancers").paginate():
        yield from _facing(page.get("LoadBalancers", ()))
    for page in classic.get_paginator("describe_load_balancers").paginate():
        yield from _facing(page.get("LoadBalancerDescriptions", ()))


def _facing(balancers: Sequence[dict[str, Any]]) -> Iterator[str]:
    for each in balancers:
        if each.get("Scheme") == "internet-facing" and each.get("DNSName"):
            yield str(each["DNSName"]).lower()


def _order(text: str) -> tuple[int, int]:
    address = ipaddress.ip_address(text)
    return address.version, int(address)


def _refused(error: ClientError, role: str) -> Unproven | Unavailable:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _BUSY or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return Unavailable("AWS is too busy to tell the account's inventory; try again")
    said = str(error.response.get("Error", {}).get("Message", ""))[:300]
    return Unproven(f"{role} cannot be used to read the account's inventory: {code}: {said}")
