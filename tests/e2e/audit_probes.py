"""Probes of the role that seals the audit log, and of the API that shows the seals; and a log with hours to seal."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.audit import Acting
from functions.core.ids import new_id
from functions.store import keys
from functions.store.audit import AuditedTable, acting
from functions.store.conditions import IS_NEW
from functions.store.sources import Sources
from infra.grants import On
from tests.e2e.outcome import Outcome, Probe
from tests.e2e.roles import Pair, Roles
from tests.e2e.stage_hand import Operator, StageHand, message

SOMEBODY = Acting(principal="u_test", kind="user", name="ann@example.com", route="PUT /past", request="r1")


def past(operator: Operator, *, hours: int, entries: int) -> datetime:
    """So many entries of the organisation's log, so long ago; the hour that they are of."""
    at = datetime.now(UTC) - timedelta(hours=hours)
    table = AuditedTable(operator.aws("dynamodb"), operator.outputs["TableName"], clock=lambda: at)
    with acting(SOMEBODY):
        for number in range(entries):
            identifier = new_id(at)
            # Of a family that nobody lists.
            table.put({keys.PK: "XCL", keys.SK: f"past-{identifier}", "number": number}, IS_NEW)
            table.delete("XCL", f"past-{identifier}")
    return at.replace(minute=0, second=0, microsecond=0)


def without_seals(operator: Operator) -> None:
    """As on the first day; versions and all."""
    s3, bucket = operator.aws("s3"), operator.outputs["SealsBucketName"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


def _seal(hand: StageHand, _roles: Roles) -> Outcome:
    without_seals(hand.operator)
    past(hand.operator, hours=3, entries=1)
    said = hand.invoke("Seal", message({}))
    sealed = hand.operator.aws("s3").list_objects_v2(Bucket=hand.operator.outputs["SealsBucketName"]).get("Contents")
    return Outcome.of(said, done=not said.error and not said.said["batchItemFailures"] and bool(sealed))


def _list(hand: StageHand) -> tuple[Any, str, int]:
    request = {
        "version": "2.0",
        "rawPath": "/v1/audit/seals",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {
            "requestId": "probe",
            "http": {"method": "GET", "path": "/v1/audit/seals", "sourceIp": "192.0.2.1"},
            "stage": "$default",
            "authorizer": {"lambda": {"principal_id": "u_test", "kind": "user", "owner": "yes"}},
        },
        "isBase64Encoded": False,
    }
    said = hand.invoke("HttpApi", request)
    return said, *_followed(said.said)


def _followed(said: Any) -> tuple[str, int]:
    """What the first link answers."""
    if not said or said["statusCode"] != 200:
        return "", 0
    try:
        with urllib.request.urlopen(json.loads(said["body"])["items"][0]["url"], timeout=30) as answer:
            return str(answer.read().decode()), int(answer.status)
    except urllib.error.HTTPError as error:
        return error.read().decode(), error.code


def _listed(hand: StageHand, roles: Roles) -> Outcome:
    without_seals(hand.operator)
    past(hand.operator, hours=3, entries=1)
    hand.invoke("Seal", message({}))
    said, text, status = _list(hand)
    outcome = Outcome.of(said, done=status == 200)
    return Outcome(outcome.done, f"{outcome.log}\n{text}")


def _record_source(hand: StageHand, _roles: Roles) -> Outcome:
    """Of a task with an interface of its own, as tasks on AWS have."""
    ec2 = hand.operator.aws("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    words = {"VEDETTE_PROJECT": hand.project, "VEDETTE_SCAN": new_id(hand.now), "VEDETTE_CHUNK": "00000"}
    environment = [{"name": name, "value": value} for name, value in words.items()]
    detail = {
        "createdAt": hand.now.isoformat(),
        "overrides": {"containerOverrides": [{"name": "scanner", "environment": environment}]},
        "attachments": [{"details": [{"name": "networkInterfaceId", "value": interface["NetworkInterfaceId"]}]}],
    }
    said = hand.invoke("RecordSource", message({"detail": detail}))
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    day = timedelta(days=1)
    found = Sources(hand.table).of(interface["PrivateIpAddress"], since=hand.now - day, until=hand.now + day, limit=100)
    return Outcome.of(said, done=any(sending.project == hand.project for sending in found))


AUDIT: Mapping[Pair, Probe] = {
    **{
        Pair("Seal", on, action): _seal
        for on, action in (
            (On.TABLE, "dynamodb:Query"),
            (On.GSI1, "dynamodb:Query"),
            (On.SEALS, "s3:GetObject"),
            (On.SEALS, "s3:PutObject"),
            (On.SEALS_BUCKET, "s3:ListBucket"),
        )
    },
    Pair("RecordSource", On.TABLE, "dynamodb:PutItem"): _record_source,
    Pair("RecordSource", On.ANYTHING, "ec2:DescribeNetworkInterfaces"): _record_source,
    Pair("HttpApi", On.SEALS, "s3:GetObject"): _listed,
    Pair("HttpApi", On.SEALS_BUCKET, "s3:ListBucket"): _listed,
}
