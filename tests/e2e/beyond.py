"""Calls of services that a task has nothing to do with, each small and harmless where it is let pass."""

from collections.abc import Callable, Mapping

from tests.e2e.platform import Json

Outputs = Mapping[str, str]
Asked = tuple[str, str, Callable[[Outputs], Json]]
NOTHING: Json = {"pk": {"S": "NONE"}, "sk": {"S": "NONE"}}


BEYOND: Mapping[str, Asked] = {
    "start a task": ("ecs", "run_task", lambda out: {"cluster": out["ClusterName"], "taskDefinition": "none"}),
    "stop a task": ("ecs", "stop_task", lambda out: {"cluster": out["ClusterName"], "task": "none"}),
    "see tasks": ("ecs", "list_tasks", lambda out: {"cluster": out["ClusterName"]}),
    "see workflows": ("stepfunctions", "list_executions", lambda out: {"stateMachineArn": out["StateMachineArn"]}),
    "ask for a tick": ("sqs", "send_message", lambda out: {"QueueUrl": out["TickQueueUrl"], "MessageBody": "{}"}),
    "ask for a finish": ("sqs", "send_message", lambda out: {"QueueUrl": out["FinishQueueUrl"], "MessageBody": "{}"}),
    "ask for a delivery": (
        "sqs",
        "send_message",
        lambda out: {"QueueUrl": out["DeliverQueueUrl"], "MessageBody": "{}"},
    ),
    "read an inbox": ("sqs", "receive_message", lambda out: {"QueueUrl": out["SourceQueueUrl"]}),
    "see schedules": ("scheduler", "list_schedules", lambda out: {"GroupName": out["ScheduleGroupName"]}),
    "list the bucket": ("s3", "list_objects_v2", lambda out: {"Bucket": out["ResultsBucketName"]}),
    "list versions": ("s3", "list_object_versions", lambda out: {"Bucket": out["ResultsBucketName"]}),
    "read an export": ("s3", "get_object", lambda out: {"Bucket": out["ResultsBucketName"], "Key": "exports/none"}),
    "write an export": ("s3", "put_object", lambda out: {"Bucket": out["ResultsBucketName"], "Key": "exports/none"}),
    "delete a plan": ("s3", "delete_object", lambda out: {"Bucket": out["ResultsBucketName"], "Key": "plans/none"}),
    "read logs": ("logs", "describe_log_groups", lambda _out: {}),
    "read a secret": ("secretsmanager", "get_secret_value", lambda _out: {"SecretId": "none"}),
    "read a parameter": ("ssm", "get_parameter", lambda _out: {"Name": "none"}),
    "see functions": ("lambda", "list_functions", lambda _out: {}),
    "read streams": ("dynamodbstreams", "list_streams", lambda _out: {}),
    "make a key": ("iam", "create_access_key", lambda _out: {"UserName": "none"}),
    "see roles": ("iam", "list_roles", lambda _out: {}),
    "write a batch": (
        "dynamodb",
        "batch_write_item",
        lambda out: {"RequestItems": {out["TableName"]: [{"DeleteRequest": {"Key": NOTHING}}]}},
    ),
    "write a transaction": (
        "dynamodb",
        "transact_write_items",
        lambda out: {"TransactItems": [{"Put": {"TableName": out["TableName"], "Item": NOTHING}}]},
    ),
}
