"""Ends of exceptions: notice before, and what they covered comes back when they end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.adapters.bus import Announcement, Bus
from functions.adapters.queue import Queue
from functions.core.alert import Alert, Mark
from functions.core.alert_life import MARKS
from functions.core.ids import derived_id
from functions.core.messages import Event
from functions.core.rule import PROJECT_SCOPE, Rule, RuleSet
from functions.store.alerts import Alerts
from functions.store.deadlines import NOTICE, Deadline, Deadlines, notice_of
from functions.store.live import Live
from functions.store.networks import Networks
from functions.store.rules import Rules
from functions.usecases.ask_review import ask_review

AT_ONCE = 100
_SAME = timedelta(seconds=1)
"""A call is kept to the millisecond."""


@dataclass(frozen=True, kw_only=True)
class ReviewEndings:
    deadlines: Deadlines
    alerts: Alerts
    rules: Rules
    networks: Networks
    bus: Bus
    live: Live
    reviews: Queue
    clock: Callable[[], datetime]

    def __call__(self) -> int:
        """How many calls were answered; as many as asked for at once means that there may be more. Raises StaleVersion."""
        due = self.deadlines.due(self.clock(), limit=AT_ONCE)
        for deadline in due:
            if deadline.kind == "alert":
                self._alert(deadline)
            else:
                self._rules(deadline)
            self.deadlines.done(deadline)
        return len(due)

    def _alert(self, deadline: Deadline) -> None:
        alert = self.alerts.find(deadline.project, deadline.subject)
        if alert is None:
            return
        for name in MARKS:
            mark: Mark | None = getattr(alert, name)
            if mark is not None and not _reminds(name, mark) and self._is_ending(deadline, mark.until, mark.at):
                self._tell(deadline, _of_mark(alert, name, mark))
        self.alerts.end_marks(alert, now=self.clock())

    def _rules(self, deadline: Deadline) -> None:
        scope, _, version = deadline.subject.rpartition("#")
        current = self.rules.current(deadline.project, scope)
        if current is None or str(current.version) != version:
            return
        for rule in current.rules:
            if self._is_ending(deadline, rule.until, current.created):
                self._tell(deadline, _of_rule(current, rule))
        if any(_at(rule.until, deadline.due) for rule in current.rules):
            for network in self._in_scope(deadline.project, scope):
                cause = f"exceptions of {scope}, version {version}, ended"
                ask_review(self.reviews, project=deadline.project, network=network, cause=cause)

    def _is_ending(self, deadline: Deadline, until: datetime | None, since: datetime) -> bool:
        """Whether this is the call for its notice."""
        return until is not None and _at(notice_of(since=since, until=until), deadline.due) and self.clock() < until

    def _tell(self, deadline: Deadline, data: Mapping[str, Any]) -> None:
        at = deadline.due
        told = {"project": deadline.project, **data}
        topic = f"project:{deadline.project}"
        identifier = derived_id(at, "exception.ending", deadline.subject, str(data["what"]), str(data["rule"]))
        event = Event(
            id=identifier, project=deadline.project, topic=topic, type="exception.ending", time=at, data=dict(data)
        )
        self.live.publish(event)
        self.bus.put([Announcement("exception.ending", {**told, "id": identifier}, at)])

    def _in_scope(self, project: str, scope: str) -> Iterator[str]:
        if scope != PROJECT_SCOPE:
            yield scope
            return
        cursor = ""
        while True:
            page = self.networks.list(project, cursor=cursor)
            yield from (network.id for network in page.items)
            cursor = page.next_cursor
            if not cursor:
                return


def _reminds(name: str, mark: Mark) -> bool:
    """A short snooze is a reminder itself."""
    return name == "snoozed" and mark.until is not None and mark.until - mark.at <= NOTICE


def _at(time: datetime | None, due: datetime) -> bool:
    return time is not None and abs(time - due) < _SAME


def _of_mark(alert: Alert, name: str, mark: Mark) -> dict[str, Any]:
    return {
        "what": name,
        "alert": alert.id,
        "network": alert.network,
        "asset": alert.asset,
        "port": alert.port,
        "scope": "",
        "rule": "",
        "until": _text(mark.until),
        "by": mark.by,
        "reason": mark.reason,
    }


def _of_rule(rules: RuleSet, rule: Rule) -> dict[str, Any]:
    return {
        "what": "rule",
        "alert": "",
        "network": "" if rules.scope == PROJECT_SCOPE else rules.scope,
        "asset": "",
        "port": None,
        "scope": rules.scope,
        "rule": rule.name,
        "version": rules.version,
        "until": _text(rule.until),
        "by": rules.created_by,
        "reason": rule.reason,
    }


def _text(at: datetime | None) -> str:
    return at.isoformat().replace("+00:00", "Z") if at else ""
