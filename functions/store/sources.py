"""Which attempts sent from which of our addresses, by address and time."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from functions.core.sending import Sending
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range

LIFE = timedelta(days=400)
"""Complaints come late."""


class Sources:
    def __init__(self, table: Table) -> None:
        self.table = table

    def record(self, sending: Sending) -> None:
        """The first record of an attempt stands."""
        expires = int(((sending.until or sending.since) + LIFE).timestamp())
        name = f"{_text(sending.since)}#{sending.project}#{sending.scan}#{sending.chunk}#{sending.attempt}"
        with suppress(ConditionFailed):
            self.table.put(to_item(sending, keys.sources(sending.address), name, expires=expires), IS_NEW)

    def of(self, address: str, *, since: datetime, until: datetime, limit: int) -> tuple[Sending, ...]:
        """The latest so many that began from `since` to `until`."""
        span = Range(keys.sources(address), _text(since), f"{_text(until)}~", forward=False)
        return tuple(to_model(Sending, item) for item in self.table.query(span, limit=limit).items)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
