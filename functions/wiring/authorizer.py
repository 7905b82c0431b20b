"""What the authorizer is made of."""

from dataclasses import dataclass
from functools import cache

from functions.adapters import clients
from functions.adapters.issuer_documents import fetcher
from functions.adapters.oidc import Oidc
from functions.core.identity import Trust
from functions.observability import get_logger
from functions.settings import AuthorizerSettings
from functions.store.rates import Rates
from functions.store.table import Table
from functions.store.tokens import Tokens
from functions.usecases.authenticate import Credentials
from functions.usecases.meter import Meter
from functions.wiring.clock import Clock, utc_now


@dataclass(frozen=True, kw_only=True)
class Authorizer:
    credentials: Credentials
    meter: Meter
    now: Clock = utc_now


@cache
def authorizer() -> Authorizer:
    settings = AuthorizerSettings.from_environment()
    tokens = Tokens(Table(clients.dynamodb(), settings.table))
    return Authorizer(
        credentials=Credentials(tokens, _people(settings)),
        meter=Meter(
            rates=Rates(Table(clients.dynamodb(), settings.live_table)),
            tokens=tokens,
            requests_per_minute=settings.requests_per_minute,
        ),
    )


def _people(settings: AuthorizerSettings) -> Oidc | None:
    if not settings.issuer:
        return None
    trust = Trust(
        issuer=settings.issuer,
        audience=settings.audience,
        group_claim=settings.group_claim,
        owner_group=settings.owner_group,
    )
    return Oidc(
        trust,
        fetch=fetcher(admit_loopback=settings.admit_loopback),
        tell=get_logger("authorizer").warning,
        discovery=settings.discovery,
    )
