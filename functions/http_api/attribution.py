"""Whose a request is: its changes are told to the audit log in their name, its refusal to the log, in the access log's words."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response

from functions.core.audit import Acting
from functions.core.errors import VedetteError
from functions.http_api import problems
from functions.observability import get_logger
from functions.store.audit import acting

Next = Callable[[ApiGatewayResolver], Response[Any]]

logger = get_logger("http_api")

REFUSALS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
)
"""To be kept out, or to be shown no such thing: what somebody sees who tries doors."""


def tell_refusal(app: ApiGatewayResolver, next_middleware: Next) -> Response[Any]:
    try:
        return next_middleware(app)
    except VedetteError as error:
        status = problems.STATUS.get(error.slug, HTTPStatus.INTERNAL_SERVER_ERROR)
        if status in REFUSALS:
            who = caller_of(app)
            logger.info(
                "refused",
                request=who.request,
                source=who.source,
                principal=who.principal,
                method=app.request.method,
                path=app.current_event.path,
                route=who.route,
                status=int(status),
                error=error.slug,
            )
        raise


def attribute(app: ApiGatewayResolver, next_middleware: Next) -> Response[Any]:
    with acting(caller_of(app)):
        return next_middleware(app)


def caller_of(app: ApiGatewayResolver) -> Acting:
    """As the gateway tells it; a principal without a name is nobody: who asks for what is public."""
    context = app.current_event.raw_event["requestContext"]
    spoken = (context.get("authorizer") or {}).get("lambda") or {}
    return Acting(
        principal=str(spoken.get("principal_id") or ""),
        kind=str(spoken.get("kind") or ""),
        name=str(spoken.get("email") or spoken.get("name") or ""),
        route=f"{app.request.method} {app.request.route}",
        request=str(context["requestId"]),
        source=str(context["http"]["sourceIp"]),
    )
