"""The authorizer of `$connect`: a ticket in, taken for good, and an allowance with its holder as the context out."""

from collections.abc import Mapping
from typing import Any

from functions.core.errors import Unauthenticated
from functions.core.ticket import Ticket
from functions.observability import get_logger
from functions.usecases.tickets import door_context, take_ticket
from functions.wiring import tickets as wiring

logger = get_logger("websocket_authorizer")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """An IAM policy, as the gateway wants it here. A refusal never says why, and no ticket is logged."""
    services = wiring.ticket_door()
    query: Mapping[str, str] = event.get("queryStringParameters") or {}
    try:
        ticket = take_ticket(services.tickets, str(query.get("ticket", "")), now=services.now())
    except Unauthenticated:
        logger.info("refused a ticket")
        return _policy(event, None)
    return _policy(event, ticket)


def _policy(event: Mapping[str, Any], ticket: Ticket | None) -> dict[str, Any]:
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Deny" if ticket is None else "Allow",
        "Resource": event["methodArn"],
    }
    return {
        "principalId": "nobody" if ticket is None else ticket.principal.id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {} if ticket is None else door_context(ticket),
    }
