"""Alerts of a project."""

from datetime import datetime

from functions.core.alert import Alert, AlertStatus, Mark, Severity
from functions.core.errors import AlreadyExists, IllegalTransition, NotFound, StaleVersion
from functions.store import keys
from functions.store.attributes import Item, to_item, to_model
from functions.store.conditions import IS_NEW, version_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range


class Alerts:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, alert: Alert) -> None:
        """Raises AlreadyExists: one episode raises one alert however often it is told."""
        try:
            self.table.put(_item(alert), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("the alert was raised already", current=failure.public(Alert)) from None

    def get(self, project: str, alert: str) -> Alert:
        item = self.table.find(keys.alerts(project), alert)
        if item is None:
            raise _missing(alert)
        return to_model(Alert, item)

    def list(self, project: str, *, status: str = "", limit: int = 100, cursor: str = "") -> Page[Alert]:
        """Newest first."""
        if not status:
            return list_page(self.table, Alert, Range(keys.alerts(project), forward=False), limit=limit, cursor=cursor)
        return list_page(
            self.table,
            Alert,
            Range(keys.alerts_by_status(project, status), index=keys.GSI1, forward=False),
            limit=limit,
            cursor=cursor,
            base_key=lambda alert: (keys.alerts(project), alert),
        )

    def acknowledge(self, project: str, alert: str, *, by: str, now: datetime) -> Alert:
        """Raises IllegalTransition where it is acknowledged already, StaleVersion, NotFound."""
        found = self.get(project, alert)
        if found.acknowledged:
            raise IllegalTransition("the alert is acknowledged already", current=found.model_dump(mode="json"))
        changes = {
            "acknowledged": Mark(by=by, at=now),
            "severity": Severity.INFO,
            "updated": now,
            "version": found.version + 1,
        }
        acknowledged = found.model_copy(update=changes)
        condition = version_is(found.version)
        try:
            self.table.put(_item(acknowledged), condition)
        except ConditionFailed as failure:
            if failure.item is None:
                raise _missing(alert) from None
            raise StaleVersion("the alert changed meanwhile; read it again", current=failure.public(Alert)) from None
        return acknowledged


def _item(alert: Alert) -> Item:
    index = {keys.GSI1_PK: keys.alerts_by_status(alert.project, AlertStatus(alert.status)), keys.GSI1_SK: alert.id}
    return to_item(alert, keys.alerts(alert.project), alert.id, **index)


def _missing(alert: str) -> NotFound:
    return NotFound(f"there is no alert {alert} in this project")
