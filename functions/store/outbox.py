"""What is to be sent on channels: written before the first attempt, gone after the one that succeeds."""

from datetime import UTC, datetime

from functions.core.delivery import KEPT, Entry
from functions.core.errors import Corrupt, StaleVersion
from functions.store import keys
from functions.store.attributes import Item, to_item, to_model
from functions.store.conditions import Condition, attribute_is, new_or_attribute_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range

_MILLISECONDS = "milliseconds"


class Outbox:
    def __init__(self, table: Table) -> None:
        self.table = table

    def add(self, entry: Entry) -> bool:
        """False where one for the same subject waits already: whoever sends that looks again at what there is to tell."""
        try:
            self.table.put(_item(entry), new_or_attribute_is("status", "failed"))
        except ConditionFailed:
            return False
        return True

    def change(self, before: Entry, after: Entry) -> None:
        """Raises StaleVersion where `before` is not what stands: somebody else has it."""
        try:
            self.table.put(_item(after), _stands(before))
        except ConditionFailed:
            raise StaleVersion("another one sends this") from None

    def remove(self, entry: Entry) -> None:
        self.table.delete(keys.outbox(entry.project, entry.channel), entry.subject)

    def due(self, now: datetime, *, limit: int) -> tuple[list[Entry], list[Corrupt]]:
        """The first of all channels that are due, the oldest first, and what of them cannot be read. The index lags a little."""
        span = Range(keys.DUE_DELIVERIES, upper=_sortable(now) + "~", index=keys.GSI2)
        entries, corrupt = [], []
        for item in self.table.query(span, limit=limit).items:
            try:
                entries.append(to_model(Entry, item))
            except Corrupt as error:
                corrupt.append(error)
        return entries, corrupt

    def list(self, project: str, channel: str, *, status: str = "", limit: int, cursor: str) -> Page[Entry]:
        """What waits or has failed on a channel, by subject; with `status` a page may be short and go on."""
        span = Range(keys.outbox(project, channel))
        match = (lambda entry: entry.status == status) if status else None
        return list_page(self.table, Entry, span, limit=limit, cursor=cursor, match=match, query=status)

    def find(self, project: str, channel: str, subject: str) -> Entry | None:
        item = self.table.find(keys.outbox(project, channel), subject)
        return to_model(Entry, item) if item else None


def _item(entry: Entry) -> Item:
    """What has failed is due no more, and goes in the end."""
    where = (keys.outbox(entry.project, entry.channel), entry.subject)
    if entry.status == "failed":
        return to_item(entry, *where, **{keys.EXPIRES: int((entry.due + KEPT).timestamp())})
    due = f"{_sortable(entry.due)}#{entry.channel}#{entry.subject}"
    return to_item(entry, *where, **{keys.GSI2_PK: keys.DUE_DELIVERIES, keys.GSI2_SK: due})


def _stands(entry: Entry) -> Condition:
    told = entry.model_dump(mode="json")
    return attribute_is("due", told["due"]) & attribute_is("status", told["status"])


def _sortable(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec=_MILLISECONDS)
