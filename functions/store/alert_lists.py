"""Lists of alerts: from the index that leaves the least to look at, a bounded number of items a request."""

from datetime import datetime

from functions.core.alert import UNRESOLVED, Alert
from functions.core.alert_filter import AlertFilter
from functions.core.alert_life import as_of
from functions.store import keys
from functions.store.alerts import base_key
from functions.store.attributes import Item, to_model
from functions.store.cursor import Page
from functions.store.estate import WHOLE, Part, part_of
from functions.store.table import Table
from functions.store.walk import Walk
from functions.store.writes import Range


class AlertLists:
    def __init__(self, table: Table) -> None:
        self.table = table

    def page(
        self, project: str, wanted: AlertFilter, *, now: datetime, limit: int = 100, cursor: str = ""
    ) -> Page[Alert]:
        """As of now. Newest first, save that a network's unresolved ones come by address. Raises InvalidInput."""
        part = part_of(address=wanted.address, cidr=wanted.cidr)

        def read(item: Item) -> Alert | None:
            alert = as_of(to_model(Alert, item), now)
            return alert if wanted.holds(alert) and _lies_in(part, alert) else None

        query = (project, wanted.model_dump_json())
        walk = Walk(table=self.table, spans=_spans(project, wanted, part), base_key=base_key(project), query=query)
        return walk.page(read, limit=limit, cursor=cursor)


def _spans(project: str, wanted: AlertFilter, part: Part) -> tuple[Range, ...]:
    """A group's own alerts; else a network's standing ones by address; else those of each status; else all."""
    in_status = [keys.alerts_by_status(project, status) for status in wanted.statuses]
    if wanted.group:
        ends = keys.alert_in_status(wanted.group, ""), keys.alert_in_status(wanted.group, "~")
        return tuple(Range(pk, *ends, index=keys.GSI1, forward=False) for pk in in_status)
    if wanted.network and UNRESOLVED.issuperset(wanted.statuses):
        return (Range(keys.standing_alerts(project, wanted.network), part.lower, part.upper, index=keys.GSI2),)
    if wanted.status:
        return tuple(Range(pk, index=keys.GSI1, forward=False) for pk in in_status)
    return (Range(keys.alerts(project), forward=False),)


def _lies_in(part: Part, alert: Alert) -> bool:
    if part is WHOLE:
        return True
    place = keys.alert_cell(alert.asset)
    return bool(alert.asset) and (part.lower or "") <= place <= (part.upper or place)
