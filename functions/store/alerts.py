"""Alerts of a project: each change of one is written with its trail, its group's line and the calls of its ends, all or none."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from functions.core.alert import (
    ALERT_TABLE,
    UNRESOLVED,
    Alert,
    AlertEvent,
    AlertStatus,
    Delivery,
    Resolution,
    Why,
)
from functions.core.alert_life import MARKS, as_of, shown
from functions.core.errors import AlreadyExists, NotFound, StaleVersion
from functions.core.model import Protocol
from functions.store import keys
from functions.store.alert_items import alert_item, calls_of, group_of, stands, trail_of, update_of
from functions.store.attributes import to_model
from functions.store.conditions import IS_NEW, entry_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Key, Table
from functions.store.writes import Put, Range, Write


class Alerts:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, alert: Alert) -> None:
        """Raises AlreadyExists: one episode raises one alert however often it is told."""
        trail = trail_of(None, alert, by="", event="raised", text=alert.why.text)
        try:
            self.table.transact([Put(alert_item(alert), IS_NEW), trail, *group_of(None, alert)])
        except ConditionFailed as failure:
            raise AlreadyExists("the alert was raised already", current=failure.public(Alert)) from None

    def find(self, project: str, alert: str) -> Alert | None:
        """As of now, or None: absence is an answer here."""
        item = self.table.find(keys.alerts(project), alert)
        return to_model(Alert, item) if item else None

    def find_all(self, project: str, alerts: Collection[str]) -> dict[str, Alert]:
        """Those that are there, as of now, by id."""
        wanted = [(keys.alerts(project), alert) for alert in dict.fromkeys(alerts)]
        return {str(item[keys.SK]): to_model(Alert, item) for item in self.table.find_many(wanted)}

    def get(self, project: str, alert: str) -> Alert:
        found = self.find(project, alert)
        if found is None:
            raise missing(alert)
        return found

    def list(self, project: str, *, status: str = "", limit: int = 100, cursor: str = "") -> Page[Alert]:
        """Newest first."""
        span = Range(keys.alerts(project), forward=False)
        if status:
            span = Range(keys.alerts_by_status(project, status), index=keys.GSI1, forward=False)
        base = base_key(project) if status else None
        return list_page(self.table, Alert, span, limit=limit, cursor=cursor, base_key=base)

    def change(self, alert: Alert, *, by: str, event: str, text: str, now: datetime, **fields: Any) -> Alert:
        """Sets `fields` where `alert` still stands as it was read; what is shown and indexed follows from them.

        `by`: the principal, or empty; `event`, `text`: for the trail. Raises StaleVersion, NotFound.
        """
        changed = Alert.model_validate({**dict(alert), **fields, "updated": now, "version": alert.version + 1})
        changed = changed.model_copy(update={"severity": shown(changed)})
        trail = trail_of(alert, changed, by=by, event=event, text=text)
        beside: list[Write] = [*group_of(alert, changed), *calls_of(alert, changed)]
        try:
            self.table.transact([update_of(alert, changed), trail, *beside])
        except ConditionFailed as failure:
            if failure.item is None:
                raise missing(alert.id) from None
            raise StaleVersion("the alert changed meanwhile; read it again", current=failure.public(Alert)) from None
        return changed

    def resolve_by_itself(self, alert: Alert, *, reason: str, now: datetime) -> Alert:
        """Its cause is gone. What somebody had resolved already stays theirs, and will not come back. Raises StaleVersion."""
        if alert.status in UNRESOLVED:
            status = ALERT_TABLE.after(alert.status, AlertEvent.RESOLVE)
            resolution = Resolution(at=now, reason=reason)
            return self.change(
                alert, by="", event="resolved", text=reason, now=now, status=status, resolution=resolution
            )
        if alert.resolution is None or not stands(alert):
            return alert
        gone = alert.resolution.model_copy(update={"gone": now})
        return self.change(alert, by="", event="cause_gone", text=reason, now=now, resolution=gone)

    def come_back(
        self, alert: Alert, *, text: str, now: datetime, again: int = 1, why: Why | None = None, **fields: Any
    ) -> Alert:
        """Open again if it was resolved. `again`: how often its cause came about since; `why`: the new evidence, if it has any.

        Raises StaleVersion.
        """
        status = alert.status
        if status is AlertStatus.RESOLVED:
            status = ALERT_TABLE.after(status, AlertEvent.REOPEN)
        fields |= {"status": status, "resolution": None, "count": alert.count + again, "why": why or alert.why}
        return self.change(alert, by="", event="came_back", text=text, now=now, **fields)

    def end_marks(self, alert: Alert, *, now: datetime) -> Alert:
        """Takes away the marks whose end has come; what has none is left as it is. Raises StaleVersion."""
        left = as_of(alert, now)
        ended = {name: None for name in MARKS if getattr(left, name) != getattr(alert, name)}
        if not ended:
            return alert
        text = f"ended: {', '.join(ended)}"
        return self.change(alert, by="", event="mark_ended", text=text, now=now, **ended)

    def record_delivery(
        self, project: str, alert: str, channel: str, delivery: Delivery, *, expected: Delivery | None
    ) -> None:
        """One entry and nothing else: neither `updated` nor `version`. Raises StaleVersion where `expected` is not what stands."""
        was = expected.model_dump(mode="json") if expected else None
        condition = entry_is("deliveries", channel, was)
        told = delivery.model_dump(mode="json")
        try:
            self.table.put_entry(keys.alerts(project), alert, ("deliveries", channel), told, condition)
        except ConditionFailed as failure:
            if failure.item is None:
                raise missing(alert) from None
            raise StaleVersion("another attempt was recorded meanwhile", current=failure.public(Alert)) from None

    def live_of_network(self, project: str, network: str, *, cursor: str = "", limit: int = 500) -> Page[Alert]:
        """Whose cause stands as far as is known: unresolved ones and those resolved by hand, by address. The index lags a little."""
        span = Range(keys.standing_alerts(project, network), index=keys.GSI2)
        return list_page(self.table, Alert, span, limit=limit, cursor=cursor, base_key=base_key(project))

    def of_exposure(
        self, project: str, network: str, asset: str, protocol: Protocol | None, port: int | None
    ) -> tuple[Alert, ...]:
        """Of one cell, or with neither protocol nor port of the asset itself, or without an asset of the network. The index lags."""
        return tuple(self._standing(project, network, keys.alert_cell(asset, protocol or "", port)))

    def of_asset(self, project: str, network: str, asset: str) -> tuple[Alert, ...]:
        """Of an asset and all its cells. The index lags a little."""
        return tuple(self._standing(project, network, f"{keys.asset_key(asset)}#"))

    def _standing(self, project: str, network: str, prefix: str) -> Iterator[Alert]:
        span = Range(keys.standing_alerts(project, network), prefix, f"{prefix}~", index=keys.GSI2)
        return (to_model(Alert, item) for item in self.table.all(span))


def missing(alert: str) -> NotFound:
    return NotFound(f"there is no alert {alert} in this project")


def base_key(project: str) -> Callable[[str], Key]:
    """The table's key of an alert by its sort key in any index: each ends with the alert's id."""
    return lambda position: (keys.alerts(project), position.rpartition("#")[2])
