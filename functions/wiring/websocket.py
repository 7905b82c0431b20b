"""What the WebSocket API is made of."""

from dataclasses import dataclass
from functools import cache

from functions.adapters import clients
from functions.adapters.connections import Connections
from functions.settings import WebsocketSettings
from functions.store.ledger import Ledger
from functions.store.listeners import Listeners
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
    listeners: Listeners
    credentials: Credentials
    authorise: Authorise
    scans: Scans
    ledger: Ledger
    connections: Connections
    frames_per_minute: int
    now: Clock = utc_now


@cache
def websocket() -> Websocket:
    settings = WebsocketSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    live_table = Table(clients.dynamodb(), settings.live_table)
    return Websocket(
        live=Live(live_table),
        listeners=Listeners(live_table),
        credentials=Credentials(Tokens(table)),
        authorise=Authorise(members=Members(table)),
        scans=Scans(table),
        ledger=Ledger(table),
        connections=Connections(clients.connections(settings.callback_url)),
        frames_per_minute=settings.frames_per_minute,
    )
