"""What people do with alerts, one or many at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from functions.core.alert import Alert
from functions.core.alert_filter import AlertFilter
from functions.core.alert_life import Action, Wish, act, as_of
from functions.core.errors import Conflict, InvalidInput, NotFound, StaleVersion, Unavailable, VedetteError
from functions.core.model import Model
from functions.store.alert_lists import AlertLists
from functions.store.alerts import Alerts

TRIES = 4
"""Of an action that others' writes to the same alert keep overtaking."""


class Outcome(Model):
    """What became of one alert of many: `problem` is the error's name, empty where it was done."""

    alert: str
    done: bool
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Bulk:
    outcomes: tuple[Outcome, ...]
    next_cursor: str = ""
    """Where a filter's next alerts are; empty when there are no more."""


@dataclass(frozen=True, kw_only=True)
class Triage:
    alerts: Alerts
    lists: AlertLists

    def one(self, project: str, alert: str, action: Action, wish: Wish, *, by: str, now: datetime) -> Alert:
        """As of now. Raises InvalidInput, IllegalTransition, NotFound, StaleVersion."""
        for _ in range(TRIES - 1):
            try:
                return self._once(project, alert, action, wish, by=by, now=now)
            except StaleVersion:
                continue
        return self._once(project, alert, action, wish, by=by, now=now)

    def these(self, project: str, alerts: Iterable[str], action: Action, wish: Wish, *, by: str, now: datetime) -> Bulk:
        """Each by itself, each once. Raises InvalidInput for a wish that would fail for all."""
        wanted = dict.fromkeys(alerts)
        return Bulk(tuple(self._tried(project, wanted, action, wish, by=by, now=now)))

    def matching(
        self,
        project: str,
        wanted: AlertFilter,
        action: Action,
        wish: Wish,
        *,
        by: str,
        now: datetime,
        limit: int,
        cursor: str,
    ) -> Bulk:
        """One page of those that match now. Raises InvalidInput."""
        if wanted.is_empty:
            raise InvalidInput("filter", "say which alerts: an empty filter is all of them")
        page = self.lists.page(project, wanted, now=now, limit=limit, cursor=cursor)
        found = [alert.id for alert in page.items]
        return Bulk(tuple(self._tried(project, found, action, wish, by=by, now=now)), page.next_cursor)

    def _once(self, project: str, alert: str, action: Action, wish: Wish, *, by: str, now: datetime) -> Alert:
        found = self.alerts.get(project, alert)
        step = act(found, action, wish, by=by, now=now)
        changed = self.alerts.change(found, by=by, event=step.event, text=step.text, now=now, **step.fields)
        return as_of(changed, now)

    def _tried(
        self, project: str, alerts: Iterable[str], action: Action, wish: Wish, *, by: str, now: datetime
    ) -> Iterator[Outcome]:
        for alert in alerts:
            try:
                self.one(project, alert, action, wish, by=by, now=now)
            except (Conflict, NotFound, Unavailable) as error:
                yield _failed(alert, error)
            else:
                yield Outcome(alert=alert, done=True)


def _failed(alert: str, error: VedetteError) -> Outcome:
    return Outcome(alert=alert, done=False, problem=error.slug, detail=error.message)
