"""A message to a topic."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.adapters.sns import Topics
from functions.core.errors import Undelivered


class FakeSns:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.published: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> None:
        if self.error:
            raise self.error
        self.published.append(message)


def test_a_message_goes_out_with_a_short_subject_and_what_subscriptions_filter_by() -> None:
    client = FakeSns()
    Topics(lambda: client).publish("arn", subject="s" * 200, body=b"{}", attributes={"severity": "high", "type": ""})
    (message,) = client.published
    assert (message["TopicArn"], message["Message"], len(message["Subject"])) == ("arn", "{}", 99)
    assert message["MessageAttributes"] == {"severity": {"DataType": "String", "StringValue": "high"}}


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "NotFound", "Message": "Topic does not exist"}}, "Publish"),
        EndpointConnectionError(endpoint_url="https://sns"),
    ],
)
def test_a_topic_that_does_not_take_it_is_a_failure(error: Exception) -> None:
    with pytest.raises(Undelivered, match="topic"):
        Topics(lambda: FakeSns(error)).publish("arn", subject="s", body=b"{}", attributes={})
