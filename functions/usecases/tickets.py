"""From a request to a live connection: a ticket is made for its caller, and taken where they connect."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from functions.core.errors import NotFound, Unauthenticated
from functions.core.ticket import LIFE, Ticket, digest, new_ticket
from functions.core.token import Principal
from functions.store.tickets import Tickets
from functions.usecases.authenticate import context_of, principal_of

_INTO = "into"


class NewTicket(NamedTuple):
    text: str
    """Presented once, in the address of the connection; it cannot be had again."""
    expires: datetime


def make_ticket(tickets: Tickets, principal: Principal, *, project: str, now: datetime) -> NewTicket:
    made = NewTicket(new_ticket(), now + LIFE)
    tickets.put(digest(made.text), Ticket(principal=principal, project=project), until=made.expires)
    return made


def take_ticket(tickets: Tickets, text: str, *, now: datetime) -> Ticket:
    """Raises Unauthenticated, never saying why."""
    try:
        return tickets.take(digest(text), now=now)
    except NotFound:
        raise Unauthenticated("the ticket is not valid") from None


def door_context(ticket: Ticket) -> dict[str, str]:
    """Who comes in and where to, as API Gateway carries it: flat text."""
    return {**context_of(ticket.principal), _INTO: ticket.project}


def let_in(context: Mapping[str, Any]) -> Ticket:
    """The inverse of `door_context`. Raises Unauthenticated where no authorizer has spoken."""
    return Ticket(principal=principal_of(context), project=context[_INTO])
