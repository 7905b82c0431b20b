"""Gives failed stream records and dead letters to their consumers again, once the cause is mended."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.stack_outputs import Account

CONSUMERS = {
    "evaluate": "EvaluateFunctionName",
    "publish": "PublishFunctionName",
    "broadcast": "BroadcastFunctionName",
}
QUEUES = ("Tick", "Finish", "Sweep", "Deliver", "Review", "Export", "Seal", "Source")
LAMBDA_PREFIX = "aws/lambda/"
"""Where Lambda itself keeps the batches that a consumer could not even put aside."""


@dataclass(frozen=True)
class Redriven:
    succeeded: int = 0
    failed: int = 0

    def __add__(self, other: "Redriven") -> "Redriven":
        return Redriven(self.succeeded + other.succeeded, self.failed + other.failed)


Tell = Callable[[str], object]


def redrive_all(account: Account, outputs: Mapping[str, str], *, tell: Tell) -> Redriven:
    """Every failed record of the three stream consumers, then every dead letter of the queues."""
    done = Redriven()
    for consumer, output in CONSUMERS.items():
        done += _redrive_records(account, outputs["ResultsBucketName"], consumer, outputs[output], tell)
    done += _redrive_batches(account, outputs["ResultsBucketName"], tell)
    for queue in QUEUES:
        done += _redrive_letters(account, queue, outputs, tell)
    return done


def _redrive_records(account: Account, bucket: str, consumer: str, function: str, tell: Tell) -> Redriven:
    done = Redriven()
    for key, body in _objects(account, bucket, f"failed/{consumer}/"):
        done += _invoke(
            account, bucket=bucket, key=key, function=function, event={"Records": [json.loads(body)]}, tell=tell
        )
    return done


def _redrive_batches(account: Account, bucket: str, tell: Tell) -> Redriven:
    done = Redriven()
    for key, body in _objects(account, bucket, LAMBDA_PREFIX):
        invocation = json.loads(body)
        payload = invocation["payload"]
        function = invocation["requestContext"]["functionArn"]
        event = json.loads(payload) if isinstance(payload, str) else payload
        done += _invoke(account, bucket=bucket, key=key, function=function, event=event, tell=tell)
    return done


def _objects(account: Account, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    s3 = account.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            yield entry["Key"], s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()


def _invoke(account: Account, *, bucket: str, key: str, function: str, event: dict[str, Any], tell: Tell) -> Redriven:
    """The saved record goes only when its consumer took it; one that fails again is kept (by the consumer, anew)."""
    answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    said = json.loads(answer["Payload"].read() or b"null") or {}
    if "FunctionError" in answer or said.get("kept") or said.get("batchItemFailures"):
        tell(f"{key}: failed again")
        return Redriven(failed=1)
    account.client("s3").delete_object(Bucket=bucket, Key=key)
    tell(f"{key}: given again")
    return Redriven(succeeded=1)


def _redrive_letters(account: Account, queue: str, outputs: Mapping[str, str], tell: Tell) -> Redriven:
    """Dead letters go back to their queue; their fate is the consumer's again."""
    sqs = account.client("sqs")
    source, target = outputs[f"{queue}DeadLetterUrl"], outputs[f"{queue}QueueUrl"]
    count = int(
        sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"][
            "ApproximateNumberOfMessages"
        ]
    )
    moved = 0
    while moved < count:
        letters = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        if not letters:
            break
        for letter in letters:
            sqs.send_message(QueueUrl=target, MessageBody=letter["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    if moved:
        tell(f"{queue.lower()} queue: {moved} dead letters sent again")
    return Redriven(succeeded=moved)
