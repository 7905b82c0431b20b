"""What people do with an alert: which action is legal when, what it changes, and how an alert reads once its marks have ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from functions.core.alert import ALERT_TABLE, UNRESOLVED, Alert, AlertEvent, Mark, Resolution, Severity
from functions.core.errors import IllegalTransition, InvalidInput
from functions.core.model import Model, Time

MARKS = ("acknowledged", "snoozed", "muted")


class Action(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    ASSIGN = "assign"
    TAKE = "take"
    RELEASE = "release"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"
    MUTE = "mute"
    UNMUTE = "unmute"


class Wish(Model):
    """What comes with an action; each action says which of it it needs."""

    reason: str = Field(default="", max_length=512)
    until: Time | None = None
    assignee: str = Field(default="", max_length=128)


@dataclass(frozen=True)
class Step:
    """What an action comes to: for the trail, and the fields that it sets."""

    event: str
    text: str
    fields: Mapping[str, Any]


def act(alert: Alert, action: Action, wish: Wish, *, by: str, now: datetime) -> Step:
    """`alert` as of now. Raises InvalidInput for a wish that lacks something, IllegalTransition."""
    return _ACTIONS[action](_Asked(as_of(alert, now), action, wish, by, now))


def as_of(alert: Alert, now: datetime) -> Alert:
    """How it reads: a mark whose end has come counts as not there, and what is acknowledged shows as info."""
    left = {name: None for name in MARKS if _has_ended(getattr(alert, name), now)}
    read = alert.model_copy(update=left) if left else alert
    severity = shown(read)
    return read if severity is read.severity else read.model_copy(update={"severity": severity})


def shown(alert: Alert) -> Severity:
    return Severity.INFO if alert.acknowledged else alert.rated


def _has_ended(mark: Mark | None, now: datetime) -> bool:
    return mark is not None and mark.until is not None and mark.until <= now


@dataclass(frozen=True)
class _Asked:
    alert: Alert
    action: Action
    wish: Wish
    by: str
    now: datetime

    def refuse(self, why: str) -> IllegalTransition:
        return IllegalTransition(why, current=self.alert.model_dump(mode="json"))

    def reason(self) -> str:
        if not self.wish.reason.strip():
            raise InvalidInput("reason", f"say why: {self.action} needs a reason")
        return self.wish.reason.strip()

    def until(self) -> datetime | None:
        if self.wish.until is not None and self.wish.until <= self.now:
            raise InvalidInput("until", "an end must be in the future")
        return self.wish.until

    def unresolved(self) -> None:
        if self.alert.status not in UNRESOLVED:
            raise self.refuse(f"the alert is resolved: reopen it to {self.action} it")

    def moved(self, event: AlertEvent) -> dict[str, Any]:
        try:
            return {"status": ALERT_TABLE.after(self.alert.status, event)}
        except IllegalTransition as error:
            raise self.refuse(error.message) from None

    def step(self, event: str, text: str, **fields: Any) -> Step:
        return Step(event, text, fields)

    def mark(self, reason: str, until: datetime | None) -> Mark:
        return Mark(by=self.by, at=self.now, reason=reason, until=until)


def _acknowledge(asked: _Asked) -> Step:
    reason, until = asked.reason(), asked.until()
    asked.unresolved()
    if asked.alert.acknowledged:
        raise asked.refuse("the alert is acknowledged already")
    return asked.step("acknowledged", reason, acknowledged=asked.mark(reason, until))


def _snooze(asked: _Asked) -> Step:
    until = asked.until()
    if until is None:
        raise InvalidInput("until", "say until when")
    asked.unresolved()
    return asked.step("snoozed", asked.wish.reason, snoozed=asked.mark(asked.wish.reason, until))


def _mute(asked: _Asked) -> Step:
    reason, until = asked.reason(), asked.until()
    if asked.alert.muted:
        raise asked.refuse("the alert is muted already")
    return asked.step("muted", reason, muted=asked.mark(reason, until))


def _unmark(name: str, event: str) -> Callable[[_Asked], Step]:
    def unmark(asked: _Asked) -> Step:
        if getattr(asked.alert, name) is None:
            raise asked.refuse(f"the alert is not {name}")
        return asked.step(event, asked.wish.reason, **{name: None})

    return unmark


def _assign(asked: _Asked) -> Step:
    assignee = asked.wish.assignee.strip()
    if assignee == asked.alert.assignee:
        raise asked.refuse(f"the alert is assigned to {assignee} already" if assignee else "nobody is assigned")
    return asked.step("assigned", asked.wish.reason, assignee=assignee)


def _take(asked: _Asked) -> Step:
    return asked.step("taken", asked.wish.reason, assignee=asked.by, **asked.moved(AlertEvent.TAKE))


def _release(asked: _Asked) -> Step:
    return asked.step("released", asked.wish.reason, assignee="", **asked.moved(AlertEvent.RELEASE))


def _resolve(asked: _Asked) -> Step:
    """What was set aside until it is dealt with is dealt with: should it come back, it shows again."""
    reason = asked.reason()
    moved = asked.moved(AlertEvent.RESOLVE)
    resolution = Resolution(by=asked.by, at=asked.now, reason=reason)
    return asked.step("resolved", reason, resolution=resolution, acknowledged=None, snoozed=None, **moved)


def _reopen(asked: _Asked) -> Step:
    return asked.step("reopened", asked.wish.reason, resolution=None, **asked.moved(AlertEvent.REOPEN))


_ACTIONS: Mapping[Action, Callable[[_Asked], Step]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.UNACKNOWLEDGE: _unmark("acknowledged", "unacknowledged"),
    Action.ASSIGN: _assign,
    Action.TAKE: _take,
    Action.RELEASE: _release,
    Action.RESOLVE: _resolve,
    Action.REOPEN: _reopen,
    Action.SNOOZE: _snooze,
    Action.UNSNOOZE: _unmark("snoozed", "unsnoozed"),
    Action.MUTE: _mute,
    Action.UNMUTE: _unmark("muted", "unmuted"),
}
