"""The WebSocket API: who is connected, and what they listen to."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from functions.adapters.connections import Gone
from functions.core.errors import Forbidden, NotFound, Unauthenticated, VedetteError
from functions.core.roles import Permission
from functions.observability import get_logger
from functions.store.listeners import Connection
from functions.usecases.tickets import let_in
from functions.websocket.frames import PERMISSIONS, PONG, Ping, Subscribe, Unsubscribe, failure, read_frame
from functions.websocket.subscription import Subscriptions, wanted
from functions.wiring import websocket as wiring

logger = get_logger("websocket")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """By the kind of event, which the gateway says: the route is chosen by what a client writes into its frame."""
    services = wiring.websocket()
    request = event["requestContext"]
    connection = str(request["connectionId"])
    status = HTTPStatus.OK
    match request["eventType"]:
        case "CONNECT":
            status = _connect(services, connection, request.get("authorizer") or {})
        case "DISCONNECT":
            services.listeners.disconnect(connection)
        case _:
            _receive(services, connection, str(event.get("body") or ""))
    return {"statusCode": status}


def _connect(services: wiring.Websocket, connection: str, context: Mapping[str, Any]) -> HTTPStatus:
    """Listed first and looked at then: a revocation meanwhile finds the connection, or is found here."""
    now = services.now()
    try:
        ticket = let_in(context)
        services.listeners.connect(
            connection, ticket.principal, project=ticket.project, now=now, until=ticket.principal.until
        )
        caller = services.credentials.renewed(ticket.principal, now=now)
        services.authorise(caller, Permission.PROJECT_READ, ticket.project)
    except (Unauthenticated, Forbidden, NotFound):
        logger.info("refused a connection", extra={"connection": connection})
        services.listeners.disconnect(connection)
        return HTTPStatus.FORBIDDEN
    return HTTPStatus.OK


def _receive(services: wiring.Websocket, connection: str, text: str) -> None:
    """One frame. Whatever is wrong with it is answered by an error frame; what is wrong with its sender ends the connection too."""
    try:
        try:
            sender = _sender(services, connection)
        except VedetteError as error:
            services.connections.post(connection, failure(error))
            _end(services, connection)
            return
        try:
            _act(services, sender, text)
        except Gone:
            raise
        except VedetteError as error:
            services.connections.post(connection, failure(error))
    except Gone:
        services.listeners.disconnect(connection)


def _sender(services: wiring.Websocket, connection: str) -> Connection:
    """Raises TooManyRequests, Unauthenticated."""
    now = services.now()
    try:
        sender = services.listeners.receive(connection, most=services.frames_per_minute, now=now)
    except NotFound:
        raise Unauthenticated("this connection has ended: connect again with another ticket") from None
    return sender.model_copy(update={"principal": services.credentials.renewed(sender.principal, now=now)})


def _end(services: wiring.Websocket, connection: str) -> None:
    services.listeners.disconnect(connection)
    services.connections.close(connection)


def _act(services: wiring.Websocket, sender: Connection, text: str) -> None:
    frame = read_frame(text)
    if isinstance(frame, Ping):
        services.connections.post(sender.id, PONG)
        return
    want = wanted(sender.project, topic=frame.topic, project=frame.project)
    services.authorise(sender.principal, PERMISSIONS[frame.action], want.project)
    subscriptions = Subscriptions(
        listeners=services.listeners,
        live=services.live,
        scans=services.scans,
        ledger=services.ledger,
        connections=services.connections,
    )
    match frame:
        case Subscribe():
            subscriptions.open(sender.id, want, since=frame.since, now=services.now())
        case Unsubscribe():
            subscriptions.close(sender.id, want)
