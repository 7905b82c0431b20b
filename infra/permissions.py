"""What each role may do: exact actions, on what, and on which key families where the resource is a table.

A family is written as the table's `dynamodb:LeadingKeys` sees it: `CHK#*`.
"""

from collections.abc import Mapping

from infra.grants import Grant, On


def _table(*actions: str, keys: tuple[str, ...], on: On = On.TABLE) -> Grant:
    return Grant(on, tuple(f"dynamodb:{action}" for action in actions), keys)


def _stream(stream: On) -> tuple[Grant, ...]:
    return (
        Grant(stream, ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")),
        # Listing streams knows no resource.
        Grant(On.ANYTHING, ("dynamodb:ListStreams",)),
        # The consumer's own record of what it could not handle, and Lambda's of what the consumer never returned from,
        # which the service puts under a prefix of its choice.
        Grant(On.FAILED, ("s3:PutObject",)),
        Grant(On.LAMBDA_FAILED, ("s3:PutObject",)),
        Grant(On.BUCKET, ("s3:ListBucket",)),
    )


_INBOX = (Grant(On.INBOX, ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")),)

# The audit log: entries are put, each under a key of its own, and never changed or deleted by any role.
_TELL = (_table("PutItem", keys=("AUD#*",)),)
_READ_LOG = (
    _table("Query", keys=("AUD#*",)),
    _table("Query", keys=("AUD#*",), on=On.GSI1),
    Grant(On.SEALS, ("s3:GetObject",)),
    Grant(On.SEALS_BUCKET, ("s3:ListBucket",)),
)

_SEE_STOPS = (_table("BatchGetItem", keys=("CHK#*", "HLT#*")),)

# What a project may scan, and what nobody may.
_BOUNDS = (_table("Query", keys=("AUT#*", "XCL")),)
_PROVE_AUTHORITIES = (
    *_BOUNDS,
    _table("GetItem", "PutItem", keys=("AUT#*",)),
    Grant(On.INVENTORY_ROLES, ("sts:AssumeRole",)),
)

_INGEST = (
    _table("GetItem", keys=("NET#*", "SCN#*", "CHK#*", "COV#*")),
    *_BOUNDS,
    _table("Query", keys=("EXP#*", "HST#*")),
    _table("PutItem", keys=("EXP#*", "HST#*", "COV#*")),
    _table("UpdateItem", keys=("CHK#*",)),
    Grant(On.PLANS, ("s3:GetObject",)),
    Grant(On.RESULTS, ("s3:GetObject",)),
)

_SETTLE_ALERTS = (
    _table("BatchGetItem", keys=("ALR#*",)),
    _table("PutItem", keys=("ALR#*", "ALT#*")),
    _table("UpdateItem", keys=("ALR#*", "ALG#*")),
)
_COUNT = (_table("Query", "UpdateItem", keys=("CNT#*",)),)
_CHANGE_ALERTS = (
    _table("GetItem", keys=("ALR#*",)),
    _table("PutItem", keys=("ALT#*", "DUE")),
    _table("UpdateItem", keys=("ALR#*", "ALG#*")),
    _table("Query", keys=("ALX#*",), on=On.GSI2),
)

_MANAGE_RULES = (
    _table("GetItem", keys=("HST#*", "RUL#*")),
    _table("Query", keys=("RUL#*",)),
    _table("PutItem", keys=("RUL#*",)),
    Grant(On.REVIEW_INBOX, ("sqs:SendMessage",)),
)
_MANAGE_AUTHORITIES = (
    *_PROVE_AUTHORITIES,
    _table("GetItem", "PutItem", "DeleteItem", keys=("XCL",)),
)
_MANAGE_CHANNELS = (
    _table("GetItem", "Query", keys=("CHN#*", "DLV#*")),
    # Secrets are written and never read.
    _table("PutItem", "UpdateItem", "DeleteItem", keys=("CHN#*", "CHS#*")),
    Grant(On.DELIVER_INBOX, ("sqs:SendMessage",)),
)

OWN_TRACES = (Grant(On.ANYTHING, ("xray:PutTelemetryRecords", "xray:PutTraceSegments")),)
EVERY_FUNCTION = (Grant(On.LOGS, ("logs:CreateLogStream", "logs:PutLogEvents")), *OWN_TRACES)


PERMISSIONS: Mapping[str, tuple[Grant, ...]] = {
    "Authorizer": (
        # It reads tokens and changes none: when one was used is noted beside it.
        _table("GetItem", keys=("TOK#*",)),
        _table("UpdateItem", keys=("USE#*",)),
        _table("UpdateItem", keys=("RAT#*",), on=On.LIVE_TABLE),
    ),
    "HttpApi": (
        # What a user may do is read on each request.
        _table("BatchGetItem", keys=("MEM#*", "PRJ")),
        _table("BatchGetItem", keys=("USE#*",)),
        _table("GetItem", "Query", "PutItem", "DeleteItem", keys=("INV#*", "MEM#*")),
        _table("UpdateItem", keys=("MEM#*", "PRJ")),
        _table("Query", keys=("MEM#*",), on=On.GSI1),
        _table("GetItem", keys=("PRJ", "TOK#*", "NET#*", "LIV#*", "SCN#*", "CHK#*", "EXP#*", "COV#*", "CNT#*")),
        _table("Query", keys=("CNT#*", "PRJ", "NET#*", "SCN#*", "CHK#*", "EXP#*", "HST#*", "HIS#*", "ALR#*")),
        _table(
            "PutItem", keys=("EXP#*", "HST#*", "PRJ", "TOK#*", "NET#*", "LIV#*", "SCN#*", "CHK#*", "ALR#*", "IDM#*")
        ),
        _table("UpdateItem", keys=("TOK#*", "SCN#*", "IDM#*")),
        _table("DeleteItem", keys=("NET#*", "LIV#*", "SCN#*")),
        # With a scan goes its ledger, its log and what the bucket holds of it.
        _table("BatchWriteItem", keys=("CHK#*",)),
        _table("BatchWriteItem", keys=("EVT#*",), on=On.LIVE_TABLE),
        Grant(On.PLANS, ("s3:DeleteObject",)),
        Grant(On.RESULTS, ("s3:DeleteObject",)),
        Grant(On.CHECKPOINTS, ("s3:DeleteObject",)),
        _table("Query", keys=("TOK#*", "SCN#*", "HIS#*", "ALR#*"), on=On.GSI1),
        *_TELL,
        *_READ_LOG,
        _table("Query", keys=("SRC#*",)),
        *_CHANGE_ALERTS,
        # Missing alerts are raised on request too.
        _table("BatchGetItem", keys=("ALR#*",)),
        _table("GetItem", "BatchGetItem", "PutItem", "DeleteItem", keys=("HLT#*",)),
        _table("Query", keys=("SCNS#*",), on=On.GSI2),
        *_MANAGE_RULES,
        *_MANAGE_CHANNELS,
        *_MANAGE_AUTHORITIES,
        _table("GetItem", "Query", "PutItem", keys=("XPT#*",)),
        Grant(On.EXPORT_INBOX, ("sqs:SendMessage",)),
        Grant(On.EXPORTS, ("s3:GetObject",)),
        _table("GetItem", "DeleteItem", keys=("ALT#*",)),
        _table("Query", keys=("ALT#*", "ALG#*")),
        _table("Query", keys=("EVT#*",), on=On.LIVE_TABLE),
        _table("PutItem", keys=("SHUT#*", "TKT#*"), on=On.LIVE_TABLE),
        Grant(On.PLANS, ("s3:GetObject",)),
        Grant(On.RESULTS, ("s3:GetObject",)),
        # Without it S3 calls a result that has expired forbidden, not missing.
        Grant(On.BUCKET, ("s3:ListBucket",)),
        Grant(On.STATE_MACHINE, ("states:StartExecution",)),
        Grant(On.EXECUTIONS, ("states:DescribeExecution",)),
        Grant(On.SCHEDULES, ("scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule")),
        Grant(On.SCHEDULER_ROLE, ("iam:PassRole",)),
    ),
    # A ticket is deleted by being taken, and can be found in no other way.
    "WebsocketAuthorizer": (_table("DeleteItem", keys=("TKT#*",), on=On.LIVE_TABLE),),
    "Websocket": (
        _table("GetItem", keys=("SCN#*", "TOK#*")),
        _table("BatchGetItem", keys=("MEM#*",)),
        _table("Query", keys=("CHK#*", "SCN#*")),
        _table("GetItem", keys=("CON#*",), on=On.LIVE_TABLE),
        _table("Query", keys=("CON#*", "EVT#*"), on=On.LIVE_TABLE),
        _table("PutItem", keys=("CON#*", "PRN#*", "SUB#*"), on=On.LIVE_TABLE),
        _table("UpdateItem", keys=("CON#*", "SUB#*"), on=On.LIVE_TABLE),
        _table("BatchWriteItem", keys=("CON#*", "PRN#*", "SUB#*"), on=On.LIVE_TABLE),
        _table("DeleteItem", keys=("CON#*", "SUB#*"), on=On.LIVE_TABLE),
        Grant(On.CONNECTIONS, ("execute-api:ManageConnections",)),
    ),
    "PlanChunks": (
        _table("GetItem", keys=("NET#*", "PRJ", "SCN#*", "CHK#*", "CNT#*")),
        *_SEE_STOPS,
        *_PROVE_AUTHORITIES,
        _table("Query", keys=("CHK#*", "EXP#*")),
        _table("PutItem", keys=("CHK#*",)),
        _table("UpdateItem", keys=("CHK#*", "SCN#*")),
        _table("DeleteItem", keys=("LIV#*",)),
        Grant(On.PLANS, ("s3:GetObject", "s3:PutObject")),
    ),
    "AdmitChunk": (
        _table("GetItem", keys=("BUD#*", "CHK#*", "NET#*", "PRJ", "SCN#*")),
        *_SEE_STOPS,
        *_PROVE_AUTHORITIES,
        _table("Query", keys=("BUD#*",)),
        # What an account released is excluded from then on.
        _table("PutItem", keys=("BUD#*", "CHK#*")),
        _table("UpdateItem", keys=("BUD#*", "CHK#*", "SCN#*")),
    ),
    "JudgeAttempt": (
        _table("GetItem", keys=("CHK#*",)),
        # What a task has cost goes to the scan and to the month in one transaction.
        _table("UpdateItem", keys=("BUD#*", "CHK#*")),
        *_SEE_STOPS,
        _table("DeleteItem", keys=("BUD#*",)),
        _table("PutItem", keys=("SRC#*",)),
    ),
    "IngestChunk": _INGEST,
    "RecordFailure": (
        _table("GetItem", "UpdateItem", keys=("CHK#*",)),
        _table("PutItem", keys=("EVT#*",), on=On.LIVE_TABLE),
    ),
    "FinishScan": (
        *_INGEST,
        *_INBOX,
        _table("Query", keys=("BUD#*", "CHK#*")),
        _table("PutItem", keys=("CHK#*",)),
        # What tasks cost that nobody judged, as where a workflow was aborted.
        _table("UpdateItem", keys=("BUD#*", "SCN#*")),
        _table("DeleteItem", keys=("BUD#*", "LIV#*")),
    ),
    "Tick": (
        *_INBOX,
        _table("BatchGetItem", keys=("HLT#*",)),
        _table("GetItem", keys=("NET#*", "SCN#*", "TCK#*")),
        *_BOUNDS,
        _table("PutItem", keys=("LIV#*", "SCN#*", "TCK#*")),
        *_TELL,
        Grant(On.STATE_MACHINE, ("states:StartExecution",)),
    ),
    "Sweep": (
        *_INBOX,
        _table("GetItem", keys=("NET#*", "SCN#*")),
        _table("BatchGetItem", keys=("AUT#*", "HLT#*")),
        # Scans under a halt are asked to stop, and what waits for its hours goes on.
        _table("PutItem", keys=("CHK#*",)),
        _table("UpdateItem", keys=("SCN#*",)),
        *_TELL,
        _table("Query", keys=("SCNS#*",), on=On.GSI2),
        Grant(On.STATE_MACHINE, ("states:StartExecution",)),
        Grant(On.EXECUTIONS, ("states:DescribeExecution", "states:StopExecution")),
        Grant(On.FINISH_INBOX, ("sqs:SendMessage",)),
    ),
    "RecordSource": (
        *_INBOX,
        # It knows no resource.
        Grant(On.ANYTHING, ("ec2:DescribeNetworkInterfaces",)),
        _table("PutItem", keys=("SRC#*",)),
    ),
    "Seal": (*_INBOX, *_READ_LOG, Grant(On.SEALS, ("s3:PutObject",))),
    "Evaluate": (
        *_stream(On.TABLE_STREAM),
        *_COUNT,
        _table("GetItem", keys=("HST#*", "NET#*", "RUL#*")),
        _table("BatchWriteItem", keys=("HIS#*",)),
        _table("PutItem", keys=("WAI#*",)),
        *_SETTLE_ALERTS,
        Grant(On.REVIEW_INBOX, ("sqs:SendMessage",)),
    ),
    "Review": (
        *_INBOX,
        _table("GetItem", keys=("ALR#*", "COV#*", "EXP#*", "HST#*", "NET#*", "RUL#*", "SCN#*", "WCH#*")),
        _table("BatchGetItem", keys=("HLT#*",)),
        *_BOUNDS,
        _table("Query", keys=("DUE", "EXP#*", "HST#*", "NET#*", "PRJ", "TCK#*", "WAI#*")),
        _table("Query", keys=("SCN#*",), on=On.GSI1),
        _table("Query", keys=("ALX#*",), on=On.GSI2),
        # A confirmation is a scan that nobody asked for: the audit log tells of it.
        _table("PutItem", keys=("SCN#*", "WCH#*")),
        *_TELL,
        _table("DeleteItem", keys=("DUE",)),
        *_SETTLE_ALERTS,
        _table("PutItem", keys=("EVT#*",), on=On.LIVE_TABLE),
        Grant(On.BUS, ("events:PutEvents",)),
        Grant(On.REVIEW_INBOX, ("sqs:SendMessage",)),
        Grant(On.STATE_MACHINE, ("states:StartExecution",)),
    ),
    "Publish": (
        *_stream(On.TABLE_STREAM),
        *_COUNT,
        _table("GetItem", keys=("CNT#*", "NET#*")),
        _table("PutItem", keys=("EVT#*",), on=On.LIVE_TABLE),
        Grant(On.BUS, ("events:PutEvents",)),
    ),
    "Export": (
        *_INBOX,
        _table("GetItem", keys=("SCN#*", "XPT#*")),
        _table("Query", keys=("NET#*", "SCN#*", "CHK#*", "EXP#*", "HST#*", "ALR#*")),
        _table("UpdateItem", keys=("XPT#*",)),
        _table("Query", keys=("SCN#*", "ALR#*"), on=On.GSI1),
        _table("Query", keys=("ALX#*",), on=On.GSI2),
        Grant(On.RESULTS, ("s3:GetObject",)),
        # Without it S3 calls a result that has expired forbidden, not missing.
        Grant(On.BUCKET, ("s3:ListBucket",)),
        Grant(On.EXPORTS, ("s3:AbortMultipartUpload", "s3:PutObject")),
    ),
    "Broadcast": (
        *_stream(On.LIVE_STREAM),
        _table("Query", keys=("CON#*", "PRN#*", "SUB#*"), on=On.LIVE_TABLE),
        _table("BatchWriteItem", keys=("CON#*", "PRN#*", "SUB#*"), on=On.LIVE_TABLE),
        Grant(On.CONNECTIONS, ("execute-api:ManageConnections",)),
    ),
    "Deliver": (
        *_INBOX,
        _table("GetItem", keys=("ALR#*", "CHN#*", "CHS#*", "DLV#*", "HST#*", "NET#*")),
        _table("Query", keys=("CHN#*",)),
        _table("Query", keys=("DUE#delivery",), on=On.GSI2),
        _table("PutItem", "DeleteItem", keys=("DLV#*",)),
        _table("UpdateItem", keys=("ALR#*", "CHN#*")),
        Grant(On.TOPICS, ("sns:Publish",)),
    ),
    "StateMachine": (
        Grant(On.WORKFLOW_FUNCTIONS, ("lambda:InvokeFunction",)),
        Grant(On.TASK_DEFINITION, ("ecs:RunTask",)),
        Grant(On.TASKS, ("ecs:DescribeTasks", "ecs:StopTask")),
        Grant(On.TASK_ROLES, ("iam:PassRole",)),
        Grant(On.ECS_RULE, ("events:DescribeRule", "events:PutRule", "events:PutTargets")),
        Grant(On.PLANS, ("s3:GetObject",)),
    ),
    "StateMachineItself": (
        Grant(On.STATE_MACHINE, ("states:StartExecution",)),
        Grant(On.EXECUTIONS, ("states:DescribeExecution", "states:StopExecution")),
    ),
    "Scheduler": (
        Grant(On.INBOX, ("sqs:SendMessage",)),
        Grant(On.DEAD_LETTERS, ("sqs:SendMessage",)),
    ),
    "TaskExecution": (Grant(On.LOGS, ("logs:CreateLogStream", "logs:PutLogEvents")),),
    "Scanner": (
        _table("GetItem", "UpdateItem", keys=("CHK#*",)),
        *_SEE_STOPS,
        _table("PutItem", keys=("EVT#*",), on=On.LIVE_TABLE),
        Grant(On.PLANS, ("s3:GetObject",)),
        Grant(On.RESULTS, ("s3:PutObject",)),
        # What an attempt leaves for the next one of its chunk.
        Grant(On.CHECKPOINTS, ("s3:GetObject", "s3:PutObject")),
    ),
}
