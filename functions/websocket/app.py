"""The WebSocket API: who is connected, and what they listen to."""

from collections.abc import Mapping
from typing import Any

from functions.adapters.connections import Gone
from functions.core.errors import VedetteError
from functions.observability import get_logger
from functions.usecases.authenticate import principal_of
from functions.websocket.frames import PERMISSIONS, PONG, Ping, Subscribe, Unsubscribe, failure, read_frame
from functions.websocket.subscription import Subscriptions, wanted
from functions.wiring import websocket as wiring

logger = get_logger("websocket")
_DONE = {"statusCode": 200}


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    services = wiring.websocket()
    request = event["requestContext"]
    connection = str(request["connectionId"])
    match request["routeKey"]:
        case "$connect":
            principal = principal_of(request.get("authorizer") or {})
            services.live.connect(connection, principal, services.now())
        case "$disconnect":
            services.live.disconnect(connection)
        case _:
            _receive(services, connection, event)
    return _DONE


def _receive(services: wiring.Websocket, connection: str, event: Mapping[str, Any]) -> None:
    """One frame: whatever is wrong with it is answered by an error frame; who is gone is forgotten."""
    try:
        try:
            _act(services, connection, str(event.get("body") or ""))
        except Gone:
            raise
        except VedetteError as error:
            services.connections.post(connection, failure(error))
    except Gone:
        services.live.disconnect(connection)


def _act(services: wiring.Websocket, connection: str, text: str) -> None:
    frame = read_frame(text)
    if isinstance(frame, Ping):
        services.connections.post(connection, PONG)
        return
    now = services.now()
    caller = services.credentials.renewed(services.live.connection(connection).principal, now=now)
    want = wanted(caller, topic=frame.topic, project=frame.project)
    services.authorise(caller, PERMISSIONS[frame.action], want.project)
    subscriptions = Subscriptions(
        live=services.live, scans=services.scans, ledger=services.ledger, connections=services.connections
    )
    match frame:
        case Subscribe():
            subscriptions.open(connection, want, since=frame.since, now=now)
        case Unsubscribe():
            subscriptions.close(connection, want)
