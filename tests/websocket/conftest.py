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
from functions.usecases.tickets import make_ticket
from functions.usecases.tokens import ALL_SCOPES, create_token
from functions.websocket import app, authorizer
from tests.platform_in_memory import START, Platform

AUTHORIZE = json.loads((Path(__file__).parent / "events" / "authorize.json").read_text())
MESSAGE = json.loads((Path(__file__).parent / "events" / "message.json").read_text())
LAMBDA_CONTEXT = SimpleNamespace(
    function_name="Websocket",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:Websocket",
    aws_request_id="request",
)


def present(ticket: str) -> dict[str, Any]:
    """What the authorizer says to a ticket."""
    return authorizer.handler({**AUTHORIZE, "queryStringParameters": {"ticket": ticket}}, LAMBDA_CONTEXT)


@dataclass(frozen=True)
class Client:
    """`project`: of the ticket that it connects with."""

    platform: Platform
    principal: Principal
    project: str
    connection: str

    def ticket(self) -> str:
        """As the HTTP API makes one."""
        services = self.platform.http
        return make_ticket(services.tickets, self.principal, project=self.project, now=services.now()).text

    def connect(self, ticket: str = "") -> int:
        """Through the authorizer, as a handshake goes: 403 where either refuses."""
        said = present(ticket or self.ticket())
        if said["policyDocument"]["Statement"][0]["Effect"] != "Allow":
            return 403
        return self._handle("CONNECT", authorizer={**said["context"], "principalId": said["principalId"]})

    def disconnect(self) -> int:
        return self._handle("DISCONNECT")

    def send(self, frame: Any, *, route: str = "$default") -> list[Any]:
        """What was posted to this client because of the frame."""
        posted = self.platform.connections.posted
        before = len(posted)
        status = self._handle("MESSAGE", route, body=frame if isinstance(frame, str) else json.dumps(frame))
        assert status == 200
        mine = [message for connection, message in posted[before:] if connection == self.connection]
        return [json.loads(each) if isinstance(each, str) else each for each in mine]

    def _handle(
        self, kind: str, route: str = "", *, body: str | None = None, authorizer: dict[str, str] | None = None
    ) -> int:
        event = copy.deepcopy(MESSAGE)
        own = {"eventType": kind, "routeKey": route or f"${kind.lower()}", "connectionId": self.connection}
        event["requestContext"] |= own
        if authorizer:
            event["requestContext"]["authorizer"] = authorizer
        event["body"] = body
        return int(app.handler(event, LAMBDA_CONTEXT)["statusCode"])


def make_client(
    platform: Platform, *, into: str, project: str = "", connection: str = "c1", connects: int = 200, **token: Any
) -> Client:
    """`project`: of the token, empty for the organisation's; `into`: of the ticket."""
    made = create_token(
        platform.http.tokens,
        identifier=new_id(START),
        project=project,
        name="watcher",
        scopes=token.get("scopes", ALL_SCOPES),
        expires=token.get("expires"),
        now=START,
    ).token
    principal = Principal(id=made.id, project=project, scopes=made.scopes, until=made.expires)
    client = Client(platform, principal, into, connection)
    assert client.connect() == connects
    return client


PROJECT = new_id(START)


@pytest.fixture
def client(platform: Platform) -> Client:
    """With an organisation token of every scope, connected into PROJECT."""
    return make_client(platform, into=PROJECT)
