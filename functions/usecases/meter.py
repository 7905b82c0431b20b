"""What a request costs its caller: one of the minute's, and a note of when a token was last used."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.token import Principal
from functions.store.rates import Rates
from functions.store.tokens import Tokens


@dataclass(frozen=True, kw_only=True)
class Meter:
    """`requests_per_minute`: of a caller that has no number of its own."""

    rates: Rates
    tokens: Tokens
    requests_per_minute: int

    def __call__(self, principal: Principal, *, now: datetime) -> None:
        """Raises TooManyRequests. The use is noted with the first request of a minute, if it was not for some minutes."""
        most = principal.requests_per_minute or self.requests_per_minute
        if self.rates.count(principal.id, most=most, now=now) == 1 and principal.kind == "token":
            self.tokens.note_use(principal.id, now=now)
