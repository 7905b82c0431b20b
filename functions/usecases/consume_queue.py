"""What every consumer of a queue does around its step: one message that fails is left to the queue, the others are done."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Message:
    """`body`: its JSON object; `sent`: when it was put into the queue."""

    id: str
    body: Mapping[str, Any]
    sent: datetime


def consume_queue(
    event: Mapping[str, Any], handle: Callable[[Message], object], *, on_error: Callable[[str, Exception], None]
) -> dict[str, Any]:
    """Lambda's answer: the messages to be seen again, until the queue gives them up to its dead letters."""
    failed = []
    for record in event["Records"]:
        try:
            handle(_message(record))
        except Exception as error:  # whatever it is, it concerns this message alone
            on_error(record["messageId"], error)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _message(record: Mapping[str, Any]) -> Message:
    milliseconds = int(record["attributes"]["SentTimestamp"])
    body = json.loads(record["body"])
    if not isinstance(body, dict):
        raise ValueError("the message's body is no JSON object")
    return Message(record["messageId"], body, datetime.fromtimestamp(milliseconds / 1000, UTC))
