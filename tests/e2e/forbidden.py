"""What roles would have to be able to do for a break-in at one of them to spread."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.e2e.roles import Roles
from tests.e2e.stage_hand import Operator

Call = Callable[[Roles, str, Mapping[str, str]], object]
_KEY = {"pk": {"S": "NONE"}, "sk": {"S": "NONE"}}


def _dynamodb(operation: str, table: str, **parameters: Any) -> Call:
    def call(roles: Roles, row: str, outputs: Mapping[str, str]) -> object:
        return getattr(roles.client(row, "dynamodb"), operation)(TableName=outputs[table], **parameters)

    return call


def _query(table: str) -> Call:
    values = {":pk": {"S": "NONE"}}
    return _dynamodb("query", table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values)


def _s3(operation: str, key: str, bucket: str = "ResultsBucketName") -> Call:
    def call(roles: Roles, row: str, outputs: Mapping[str, str]) -> object:
        return getattr(roles.client(row, "s3"), operation)(Bucket=outputs[bucket], Key=key)

    return call


def _invoke(roles: Roles, row: str, outputs: Mapping[str, str]) -> object:
    return roles.client(row, "lambda").invoke(FunctionName=outputs["PublishFunctionName"], Payload=b'{"Records": []}')


def _start(roles: Roles, row: str, outputs: Mapping[str, str]) -> object:
    return roles.client(row, "stepfunctions").start_execution(stateMachineArn=outputs["StateMachineArn"], input="{}")


def _announce(roles: Roles, row: str, outputs: Mapping[str, str]) -> object:
    entry = {"EventBusName": outputs["EventBusName"], "Source": "vedette", "DetailType": "forged", "Detail": "{}"}
    return roles.client(row, "events").put_events(Entries=[entry])


def _grow(roles: Roles, row: str, _outputs: Mapping[str, str]) -> object:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return roles.client(row, "iam").put_role_policy(
        RoleName=roles.name(row), PolicyName="more", PolicyDocument=json.dumps(everything)
    )


_CALLS: Mapping[str, Call] = {
    "read the table whole": _dynamodb("scan", "TableName"),
    "read the table": _dynamodb("get_item", "TableName", Key=_KEY),
    "list the table": _query("TableName"),
    "write the table": _dynamodb("put_item", "TableName", Item=_KEY),
    "change the table": _dynamodb(
        "update_item", "TableName", Key=_KEY, UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"S": ""}}
    ),
    "delete from the table": _dynamodb("delete_item", "TableName", Key=_KEY),
    "read live events": _query("LiveTableName"),
    "read a connection": _dynamodb("get_item", "LiveTableName", Key=_KEY),
    "write live events": _dynamodb("put_item", "LiveTableName", Item=_KEY),
    "read plans": _s3("get_object", "plans/none"),
    "write plans": _s3("put_object", "plans/none"),
    "read results": _s3("get_object", "results/none"),
    "write results": _s3("put_object", "results/none"),
    "delete results": _s3("delete_object", "results/none"),
    "read checkpoints": _s3("get_object", "checkpoints/none"),
    "write checkpoints": _s3("put_object", "checkpoints/none"),
    "delete checkpoints": _s3("delete_object", "checkpoints/none"),
    "read failed records": _s3("get_object", "failed/none"),
    "delete failed records": _s3("delete_object", "failed/none"),
    "write elsewhere in the bucket": _s3("put_object", "elsewhere"),
    "read seals": _s3("get_object", "seals/none", "SealsBucketName"),
    "write seals": _s3("put_object", "seals/none", "SealsBucketName"),
    "delete seals": _s3("delete_object", "seals/none", "SealsBucketName"),
    "call a function": _invoke,
    "start a workflow": _start,
    "announce on the bus": _announce,
    "give itself more": _grow,
}

_NOBODY = (
    "read the table whole",
    "delete failed records",
    "write elsewhere in the bucket",
    "delete seals",
    "call a function",
    "give itself more",
)
_DELETES_SCANS = ("HttpApi",)
_RESUMES = ("Scanner",)
_NO_RESULTS = ("read results", "write results")

FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "Scanner": (
        "read seals",
        "write seals",
        "list the table",
        "write the table",
        "delete from the table",
        "read live events",
        "read a connection",
        "write plans",
        "read results",
        "start a workflow",
        "announce on the bus",
    ),
    "Authorizer": (
        "write the table",
        "delete from the table",
        "list the table",
        "read live events",
        "read a connection",
        "write live events",
        "read plans",
        *_NO_RESULTS,
    ),
    "RecordSource": (
        "read the table",
        "list the table",
        "change the table",
        "delete from the table",
        "write live events",
        "read plans",
        "write seals",
        *_NO_RESULTS,
    ),
    "Seal": (
        "read the table",
        "write the table",
        "change the table",
        "delete from the table",
        "write live events",
        "read plans",
        *_NO_RESULTS,
    ),
    "HttpApi": ("write seals", "write plans", "write results", "announce on the bus"),
    "WebsocketAuthorizer": (
        "read the table",
        "write the table",
        "list the table",
        "read live events",
        "read a connection",
        "write live events",
        "read plans",
        *_NO_RESULTS,
    ),
    "Websocket": ("write the table", "change the table", "read plans", *_NO_RESULTS),
    "PlanChunks": ("write live events", "start a workflow", *_NO_RESULTS),
    "AdmitChunk": ("delete from the table", "write live events", "read plans", "start a workflow", *_NO_RESULTS),
    "JudgeAttempt": ("list the table", "write live events", "read plans", *_NO_RESULTS),
    "IngestChunk": ("delete from the table", "write live events", "write plans", "write results"),
    "RecordFailure": ("write the table", "list the table", "read live events", *_NO_RESULTS),
    "FinishScan": ("write live events", "write plans", "write results", "start a workflow"),
    "Tick": ("change the table", "delete from the table", "write live events", *_NO_RESULTS),
    "Sweep": ("delete from the table", "list the table", "write live events", *_NO_RESULTS),
    "Evaluate": ("delete from the table", "write live events", "announce on the bus", "start a workflow"),
    "Review": ("read live events", "read plans", "write plans", *_NO_RESULTS),
    "Publish": ("write the table", "delete from the table", "read live events", "read failed records"),
    "Deliver": (
        "write live events",
        "read live events",
        "announce on the bus",
        "start a workflow",
        "read plans",
        "write plans",
        *_NO_RESULTS,
    ),
    "Export": ("write the table", "delete from the table", "read live events", "read plans", "write results"),
    "Broadcast": ("read the table", "write the table", "write live events", "announce on the bus"),
}


def forbidden() -> list[tuple[str, str]]:
    """(row, what it may not do)."""
    deleting = {row: () if row in _DELETES_SCANS else ("delete results", "delete checkpoints") for row in FORBIDDEN}
    resuming = {row: () if row in _RESUMES else ("read checkpoints", "write checkpoints") for row in FORBIDDEN}
    return [(row, each) for row, own in FORBIDDEN.items() for each in (*_NOBODY, *deleting[row], *resuming[row], *own)]


def attempt(operator: Operator, roles: Roles, row: str, what: str) -> object:
    return _CALLS[what](roles, row, operator.outputs)
