"""What the authorizer is made of."""

from dataclasses import dataclass
from functools import cache

from functions.adapters import clients
from functions.settings import AuthorizerSettings
from functions.store.table import Table
from functions.store.tokens import Tokens
from functions.usecases.authenticate import Credentials
from functions.wiring.clock import Clock, utc_now


@dataclass(frozen=True, kw_only=True)
class Authorizer:
    credentials: Credentials
    now: Clock = utc_now


@cache
def authorizer() -> Authorizer:
    settings = AuthorizerSettings.from_environment()
    return Authorizer(credentials=Credentials(Tokens(Table(clients.dynamodb(), settings.table))))
