"""SNS topics of this account: a message for whoever has subscribed."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.errors import Undelivered

_MAX_SUBJECT = 99


class Client(Protocol):
    """As much of boto3's as is used."""

    def publish(
        self,
        *,
        TopicArn: str,  # noqa: N803
        Message: str,  # noqa: N803
        Subject: str,  # noqa: N803
        MessageAttributes: Mapping[str, Any],  # noqa: N803
    ) -> Any: ...


class Topics:
    """`client`: made when a topic is first published to, for most calls of delivery never do."""

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client

    def publish(self, topic: str, *, subject: str, body: bytes, attributes: Mapping[str, str]) -> None:
        """`attributes`: what subscriptions filter by. Raises Undelivered."""
        filterable = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value}
        try:
            self._client().publish(
                TopicArn=topic, Message=body.decode(), Subject=subject[:_MAX_SUBJECT], MessageAttributes=filterable
            )
        except ClientError as error:
            told = error.response["Error"].get("Message", "")
            raise Undelivered(f"the topic did not take it: {told}"[:400]) from error
        except BotoCoreError as error:
            raise Undelivered("the topic service did not answer") from error
