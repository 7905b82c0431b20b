"""Actions that the embedded AWS lets pass unasked, and what holds them instead."""

from collections.abc import Iterator, Mapping

from infra.grants import On
from tests.e2e.roles import Pair


def _pairs(row: str, on: On, *actions: str) -> Iterator[Pair]:
    return (Pair(row, on, action) for action in actions)


_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
_INBOX = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_CONSUMERS = {"Evaluate": On.TABLE_STREAM, "Publish": On.TABLE_STREAM, "Broadcast": On.LIVE_STREAM}

UNCHECKED: Mapping[str, frozenset[Pair]] = {
    "Streams are read by the service itself, as nobody; tests/infra/test_alerting.py holds the mappings.": frozenset(
        pair
        for row, stream in _CONSUMERS.items()
        for pair in (*_pairs(row, stream, *_STREAM), *_pairs(row, On.ANYTHING, "dynamodb:ListStreams"))
    ),
    "The service drops batches that fail whole; tests/infra/test_alerting.py holds their destination.": frozenset(
        pair
        for row in _CONSUMERS
        for pair in (*_pairs(row, On.LAMBDA_FAILED, "s3:PutObject"), *_pairs(row, On.BUCKET, "s3:ListBucket"))
    ),
    "Queues are read by the service itself, as nobody; tests/infra/test_scheduling.py holds the mappings.": frozenset(
        pair
        for row in ("Deliver", "Export", "FinishScan", "RecordSource", "Review", "Seal", "Tick", "Sweep")
        for pair in _pairs(row, On.INBOX, *_INBOX)
    ),
    "Passing a role is asked of nobody; tests/infra/test_permissions.py holds which role may be passed.": frozenset(
        _pairs("HttpApi", On.SCHEDULER_ROLE, "iam:PassRole")
    ),
    "Without it AWS calls a missing object forbidden; the embedded AWS calls it missing either way.": frozenset(
        _pairs("Export", On.BUCKET, "s3:ListBucket")
    ),
    "The state machine calls as nobody; tests/infra/test_scan_workflow.py holds its role.": frozenset(
        (
            *_pairs("StateMachine", On.WORKFLOW_FUNCTIONS, "lambda:InvokeFunction"),
            *_pairs("StateMachine", On.TASK_DEFINITION, "ecs:RunTask"),
            *_pairs("StateMachine", On.TASKS, "ecs:DescribeTasks", "ecs:StopTask"),
            *_pairs("StateMachine", On.TASK_ROLES, "iam:PassRole"),
            *_pairs("StateMachine", On.ECS_RULE, "events:DescribeRule", "events:PutRule", "events:PutTargets"),
            *_pairs("StateMachine", On.PLANS, "s3:GetObject"),
            *_pairs("StateMachineItself", On.STATE_MACHINE, "states:StartExecution"),
            *_pairs("StateMachineItself", On.EXECUTIONS, "states:DescribeExecution", "states:StopExecution"),
        )
    ),
    "Scheduler sends as nobody; tests/infra/test_scheduling.py holds its role.": frozenset(
        (
            *_pairs("Scheduler", On.INBOX, "sqs:SendMessage"),
            *_pairs("Scheduler", On.DEAD_LETTERS, "sqs:SendMessage"),
        )
    ),
    "The agent that runs tasks writes their logs itself; tests/infra/test_scanner.py holds the role.": frozenset(
        _pairs("TaskExecution", On.LOGS, "logs:CreateLogStream", "logs:PutLogEvents")
    ),
}
