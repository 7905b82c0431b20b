"""One message that fails is left to the queue; the others are done."""

from datetime import UTC, datetime
from typing import Any

from functions.usecases.consume_queue import Message, consume_queue


def an_event(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{number}", "body": body, "attributes": {"SentTimestamp": "1795248000250"}}
            for number, body in enumerate(bodies)
        ]
    }


def test_each_message_is_handled_and_the_poisoned_ones_alone_come_again() -> None:
    seen: list[Message] = []
    errors: list[str] = []

    def handle(message: Message) -> None:
        if message.body.get("fail"):
            raise RuntimeError("no")
        seen.append(message)

    event = an_event('{"n": 1}', "not json", '{"fail": true}', "[]", '{"n": 2}')
    answer = consume_queue(event, handle, on_error=lambda message, _error: errors.append(message))
    assert answer == {"batchItemFailures": [{"itemIdentifier": each} for each in ("m1", "m2", "m3")]}
    assert errors == ["m1", "m2", "m3"]
    assert [message.body["n"] for message in seen] == [1, 2]
    assert seen[0].sent == datetime(2026, 11, 21, 8, 0, 0, 250_000, tzinfo=UTC)
