"""WebSocket clients through API Gateway's @connections: posts to them, and their end."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from functions.core.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

MAX_MESSAGE_BYTES = 128 * 1024


class Gone(NotFound):
    """The client has left: forget its connection and subscriptions."""

    slug = "gone"


class MessageTooLarge(ValueError):
    """A defect of the sender: every frame is bounded where it is made."""


class Connections:
    def __init__(self, client: "ApiGatewayManagementApiClient") -> None:
        self._client = client

    def post(self, connection: str, message: Mapping[str, Any] | str) -> None:
        """Send one frame, given as an object or as its JSON. Raises Gone."""
        text = message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))
        data = text.encode()
        if len(data) > MAX_MESSAGE_BYTES:
            raise MessageTooLarge(f"{len(data)} bytes is more than a WebSocket message may have")
        try:
            self._client.post_to_connection(ConnectionId=connection, Data=data)
        except self._client.exceptions.GoneException as error:
            raise Gone(f"connection {connection} is gone") from error

    def close(self, connection: str) -> None:
        """Closing what is closed is no error."""
        try:
            self._client.delete_connection(ConnectionId=connection)
        except self._client.exceptions.GoneException:
            return
