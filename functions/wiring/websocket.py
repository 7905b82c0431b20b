"""What the WebSocket API is made of."""

from dataclasses import dataclass
from functools import cache

from functions.adapters import clients
from functions.adapters.connections import Connections
from functions.settings import WebsocketSettings
from functions.store.ledger import Ledger
from functions.store.live import Live
from functions.store.members import Members
from functions.store.scans import Scans
from functions.store.table import Table
from functions.store.tokens import Tokens
from functions.usecases.authenticate import Credentials
from functions.usecases.authorise import Authorise
from functions.wiring.clock import Clock, utc_now


@dataclass(frozen=True, kw_only=True)
class Websocket:
    live: Live
    credentials: Credentials
    authorise: Authorise
    scans: Scans
    ledger: Ledger
    connections: Connections
    now: Clock = utc_now


@cache
def websocket() -> Websocket:
    settings = WebsocketSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return Websocket(
        live=Live(Table(clients.dynamodb(), settings.live_table)),
        credentials=Credentials(Tokens(table)),
        authorise=Authorise(members=Members(table)),
        scans=Scans(table),
        ledger=Ledger(table),
        connections=Connections(clients.connections(settings.callback_url)),
    )
