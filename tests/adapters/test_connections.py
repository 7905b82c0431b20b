"""What is posted to a WebSocket client, and what a client that left is."""

import boto3
import pytest
from botocore.stub import Stubber
from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

from functions.adapters.connections import MAX_MESSAGE_BYTES, Connections, Gone, MessageTooLarge


@pytest.fixture(scope="module")
def client() -> ApiGatewayManagementApiClient:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url="https://example.invalid/live",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def test_a_frame_is_posted_as_compact_json(client: ApiGatewayManagementApiClient) -> None:
    with Stubber(client) as stub:
        stub.add_response("post_to_connection", {}, {"ConnectionId": "c", "Data": b'{"type":"pong"}'})
        Connections(client).post("c", {"type": "pong"})
        stub.add_response("post_to_connection", {}, {"ConnectionId": "c", "Data": b"{}"})
        Connections(client).post("c", "{}")
        stub.assert_no_pending_responses()


def test_a_client_that_left_is_gone(client: ApiGatewayManagementApiClient) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("post_to_connection", "GoneException", http_status_code=410)
        with pytest.raises(Gone):
            Connections(client).post("c", {})


def test_a_message_that_no_client_could_get_is_never_sent(client: ApiGatewayManagementApiClient) -> None:
    with Stubber(client), pytest.raises(MessageTooLarge):
        Connections(client).post("c", "é" * (MAX_MESSAGE_BYTES // 2 + 1))


def test_a_connection_is_closed_and_closing_it_again_is_no_error(client: ApiGatewayManagementApiClient) -> None:
    with Stubber(client) as stub:
        stub.add_response("delete_connection", {}, {"ConnectionId": "c"})
        stub.add_client_error("delete_connection", "GoneException", http_status_code=410)
        Connections(client).close("c")
        Connections(client).close("c")
        stub.assert_no_pending_responses()
