"""The authorizer of the HTTP API: a credential in, an allowance with the caller as its context out."""

from collections.abc import Mapping
from typing import Any

from functions.core.errors import TooManyRequests, Unauthenticated
from functions.observability import get_logger
from functions.usecases.authenticate import context_of, throttled
from functions.wiring import authorizer as wiring

logger = get_logger("authorizer")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Payload 2.0, simple response. A refusal never says why.

    A caller who asks too often is let through as nobody: only the API itself can tell them to come again later.
    """
    services = wiring.authorizer()
    now = services.now()
    try:
        principal = services.credentials.principal(_authorization(event), now=now)
        services.meter(principal, now=now)
    except Unauthenticated:
        logger.info("refused a credential")
        return {"isAuthorized": False}
    except TooManyRequests as error:
        logger.info("refused a request beyond the minute's", extra={"principal": principal.id})
        return {"isAuthorized": True, "context": throttled(error)}
    return {"isAuthorized": True, "context": context_of(principal)}


def _authorization(event: Mapping[str, Any]) -> str:
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "authorization"), "")
