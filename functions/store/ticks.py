"""What each tick of a schedule did: the first record of a tick stands."""

from datetime import UTC, datetime, timedelta

from functions.core.errors import NotFound
from functions.core.tick import Tick
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range

LIFE = timedelta(days=90)


class Ticks:
    def __init__(self, table: Table) -> None:
        self.table = table

    def record(self, tick: Tick) -> Tick:
        """The tick as recorded: this one, or the one that was there before."""
        expires = int((tick.scheduled + LIFE).timestamp())
        item = to_item(tick, keys.ticks(tick.project, tick.network), _sort_key(tick.scheduled), expires=expires)
        try:
            self.table.put(item, IS_NEW)
        except ConditionFailed as failure:
            return tick if failure.item is None else to_model(Tick, failure.item)
        return tick

    def get(self, project: str, network: str, scheduled: datetime) -> Tick:
        item = self.table.find(keys.ticks(project, network), _sort_key(scheduled))
        if item is None:
            raise NotFound(f"there is no record of the tick of {scheduled.isoformat()}")
        return to_model(Tick, item)

    def list(self, project: str, network: str, *, limit: int = 100, cursor: str = "") -> Page[Tick]:
        """Newest first."""
        span = Range(keys.ticks(project, network), forward=False)
        return list_page(self.table, Tick, span, limit=limit, cursor=cursor)


def _sort_key(scheduled: datetime) -> str:
    return scheduled.astimezone(UTC).isoformat(timespec="milliseconds")
