"""Tickets: kept by their hash, taken once."""

from datetime import datetime

from functions.core.errors import NotFound
from functions.core.ticket import Ticket
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import later_than
from functions.store.table import ConditionFailed, Table

_TICKET = "TKT"


class Tickets:
    def __init__(self, table: Table) -> None:
        self.table = table

    def put(self, digest: str, ticket: Ticket, *, until: datetime) -> None:
        expiry = {keys.EXPIRES: int(until.timestamp())}
        self.table.put(to_item(ticket, keys.ticket(digest), _TICKET, **expiry))

    def take(self, digest: str, *, now: datetime) -> Ticket:
        """Of all who present it one gets it. Raises NotFound for one that was taken, has ended or never was."""
        try:
            item = self.table.take(keys.ticket(digest), _TICKET, later_than(keys.EXPIRES, int(now.timestamp())))
        except ConditionFailed:
            raise NotFound("there is no such ticket") from None
        return to_model(Ticket, item)
