"""The HTTP API: routes, what surrounds them, and the map of their errors."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
    OpenAPIResponseValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError, ResponseValidationError

from functions.core.errors import VedetteError
from functions.http_api import openapi, problems
from functions.http_api.attribution import attribute, tell_refusal
from functions.http_api.body import only_json, read_object
from functions.http_api.headers import secured
from functions.http_api.middleware import authorise, etag, once
from functions.http_api.routes import (
    addresses,
    alert_actions,
    alert_stories,
    alerts,
    audit,
    authorities,
    channels,
    exclusions,
    exports,
    exposures,
    halts,
    hosts,
    invitations,
    me,
    members,
    meta,
    network_rules,
    networks,
    owners,
    probes,
    profiles,
    projects,
    rules,
    scans,
    tickets,
    tokens,
    trends,
    why,
)
from functions.http_api.strict import strict
from functions.observability import get_logger

logger = get_logger("http_api")


def on_error(error: VedetteError) -> Response[str]:
    """What the caller cannot mend is told to an operator too."""
    if error.slug not in problems.STATUS or problems.STATUS[error.slug] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.exception("a request failed", exc_info=error)
    return problems.of_error(error)


def on_invalid_request(error: RequestValidationError) -> Response[str]:
    return problems.of_validation(error.errors())


def on_binary_body(_error: UnicodeDecodeError) -> Response[str]:
    return problems.problem("invalid-input", "the body is not UTF-8", field="body")


def on_defect(error: Exception) -> Response[str]:
    logger.exception("a request failed", exc_info=error)
    return problems.of_defect()


ANSWERS: Mapping[type[Exception], Callable[[Any], Response[str]]] = {
    VedetteError: on_error,
    RequestValidationError: on_invalid_request,
    ResponseValidationError: on_defect,
    UnicodeDecodeError: on_binary_body,
    Exception: on_defect,
}
ROUTERS = tuple(
    module.router
    for module in (
        meta,
        profiles,
        me,
        projects,
        members,
        invitations,
        owners,
        networks,
        authorities,
        exclusions,
        scans,
        halts,
        exposures,
        hosts,
        addresses,
        why,
        alerts,
        channels,
        alert_actions,
        alert_stories,
        rules,
        network_rules,
        tokens,
        tickets,
        trends,
        exports,
        audit,
        probes,
    )
)


def build() -> APIGatewayHttpResolver:
    # The resolver's own validation comes before everything else, and would tell of their body whoever may not send any.
    resolver = APIGatewayHttpResolver(enable_validation=False, json_body_deserializer=read_object, debug=False)
    for router in ROUTERS:
        resolver.include_router(router)
    openapi.publish(resolver)
    resolver.use(
        middlewares=[
            tell_refusal,
            authorise,
            attribute,
            only_json,
            OpenAPIRequestValidationMiddleware(),
            strict,
            once,
            etag,
            # Without the flag an answer of ours that does not fit its schema is blamed on the caller.
            OpenAPIResponseValidationMiddleware(has_response_validation_error=True),
        ]
    )
    for error, answer in ANSWERS.items():
        resolver.exception_handler(error)(answer)
    return resolver


app = build()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return secured(app.resolve(event, context))
