"""A client of the WebSocket API, through the Lambda handler, on the stores in memory."""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.core.ids import new_id
from functions.core.token import Principal
from functions.usecases.authenticate import context_of
from functions.usecases.tokens import ALL_SCOPES, create_token
from functions.websocket import app
from tests.platform_in_memory import START, Platform

MESSAGE = json.loads((Path(__file__).parent / "events" / "message.json").read_text())
LAMBDA_CONTEXT = SimpleNamespace(
    function_name="Websocket",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:Websocket",
    aws_request_id="request",
)


@dataclass(frozen=True)
class Client:
    platform: Platform
    principal: Principal
    connection: str

    def connect(self) -> int:
        return self._handle("$connect", authorizer=context_of(self.principal))

    def disconnect(self) -> int:
        return self._handle("$disconnect")

    def send(self, frame: Any) -> list[Any]:
        """What was posted to this client because of the frame."""
        posted = self.platform.connections.posted
        before = len(posted)
        status = self._handle("$default", body=frame if isinstance(frame, str) else json.dumps(frame))
        assert status == 200
        mine = [message for connection, message in posted[before:] if connection == self.connection]
        return [json.loads(each) if isinstance(each, str) else each for each in mine]

    def _handle(self, route: str, *, body: str | None = None, authorizer: dict[str, str] | None = None) -> int:
        event = copy.deepcopy(MESSAGE)
        event["requestContext"] |= {"routeKey": route, "connectionId": self.connection}
        if authorizer:
            event["requestContext"]["authorizer"] = authorizer
        event["body"] = body
        return int(app.handler(event, LAMBDA_CONTEXT)["statusCode"])


def make_client(platform: Platform, *, project: str = "", connection: str = "c1", **token: Any) -> Client:
    made = create_token(
        platform.http.tokens,
        identifier=new_id(START),
        project=project,
        name="watcher",
        scopes=token.get("scopes", ALL_SCOPES),
        expires=token.get("expires"),
        now=START,
    ).token
    client = Client(platform, Principal(id=made.id, project=project, scopes=made.scopes), connection)
    assert client.connect() == 200
    return client


@pytest.fixture
def client(platform: Platform) -> Client:
    """With an organisation token of every scope, connected."""
    return make_client(platform)
