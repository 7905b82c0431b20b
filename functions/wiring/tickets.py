"""What the authorizer of the WebSocket API is made of."""

from dataclasses import dataclass
from functools import cache

from functions.adapters import clients
from functions.settings import WebsocketAuthorizerSettings
from functions.store.table import Table
from functions.store.tickets import Tickets
from functions.wiring.clock import Clock, utc_now


@dataclass(frozen=True, kw_only=True)
class TicketDoor:
    tickets: Tickets
    now: Clock = utc_now


@cache
def ticket_door() -> TicketDoor:
    settings = WebsocketAuthorizerSettings.from_environment()
    return TicketDoor(tickets=Tickets(Table(clients.dynamodb(), settings.live_table)))
