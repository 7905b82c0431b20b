"""The authorizer of both APIs: a credential in, an allowance with the caller as its context out."""

from collections.abc import Mapping
from typing import Any

from functions.core.errors import Unauthenticated
from functions.core.token import Principal
from functions.observability import get_logger
from functions.usecases.authenticate import context_of
from functions.wiring import authorizer as wiring

logger = get_logger("authorizer")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """HTTP API: payload 2.0, simple response. WebSocket `$connect`: an IAM policy. A refusal never says why."""
    services = wiring.authorizer()
    answer = _simple_response if event.get("version") == "2.0" else _policy
    try:
        principal = services.credentials.principal(_authorization(event), now=services.now())
    except Unauthenticated:
        logger.info("refused a credential")
        return answer(event, None)
    return answer(event, principal)


def _authorization(event: Mapping[str, Any]) -> str:
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "authorization"), "")


def _simple_response(_event: Mapping[str, Any], principal: Principal | None) -> dict[str, Any]:
    if principal is None:
        return {"isAuthorized": False}
    return {"isAuthorized": True, "context": context_of(principal)}


def _policy(event: Mapping[str, Any], principal: Principal | None) -> dict[str, Any]:
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Deny" if principal is None else "Allow",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": "nobody" if principal is None else principal.id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {} if principal is None else context_of(principal),
    }
