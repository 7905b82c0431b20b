"""What a changed record adds to the counters of its project and network: pure, and blind to all that it does not count."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import ConfigDict, ValidationError, ValidatorFunctionWrapHandler, field_validator

from functions.core.alert import UNRESOLVED, AlertStatus, AlertType, Severity
from functions.core.everything import is_named
from functions.core.exposure import ExposureState
from functions.core.model import Id, Model, Time
from functions.core.service import UNKNOWN, Service

OPEN_PORTS, UNNAMED, HOSTS = "open", "unnamed", "hosts"
"""Levels: what there is now, and by how much a day changed it; the second is of those open ports that a longer look may yet name."""
OPENED, CLOSED, BASELINE = "opened", "closed", "baseline"
"""What happened; openings that were a first coverage's are apart."""
INVENTORY = (OPEN_PORTS, UNNAMED, HOSTS)

Changes = Mapping[str, int]
"""By counter's name; those of alerts are written by `alert_counter`."""


class _Facts(Model):
    """The few fields that are counted, so that an item whose others are damaged is still counted."""

    model_config = ConfigDict(extra="ignore")

    project: Id
    network: Id


class _When(Model):
    model_config = ConfigDict(extra="ignore")

    at: Time
    baseline: bool = False


class ExposureFacts(_Facts):
    state: ExposureState
    answering: bool = True
    service: Service = UNKNOWN
    change: _When

    @field_validator("service", mode="wrap")
    @classmethod
    def _a_damaged_one_is_unknown(cls, told: object, validate: ValidatorFunctionWrapHandler) -> Service:
        try:
            service: Service = validate(told)
        except ValidationError:
            return UNKNOWN
        return service

    @property
    def is_open(self) -> bool:
        """A port that was missed and is not closed yet counts as open; a flapping one as it answered last."""
        return self.state in (ExposureState.OPEN, ExposureState.SUSPECT) or (
            self.state is ExposureState.FLAPPING and self.answering
        )


class HostFacts(_Facts):
    first_seen: Time


class AlertFacts(_Facts):
    type: AlertType
    severity: Severity
    status: AlertStatus
    raised: Time
    updated: Time

    @property
    def is_unresolved(self) -> bool:
        return self.status in UNRESOLVED


@dataclass(frozen=True)
class Count:
    """What one record adds to one network, on one day; `changes` has no zeros."""

    project: str
    network: str
    day: date
    changes: Changes


def alert_counter(kind: str, *parts: str) -> str:
    """`standing/{type}/{severity}/{status}` is a level; `raised/{type}/{severity}` and `resolved/...` are what happened."""
    return "/".join((kind, *parts))


def count_exposure(before: ExposureFacts | None, after: ExposureFacts | None, at: datetime) -> Iterator[Count]:
    """`before`, `after`: None where the record was not there; `at`: when it was written, which dates a removal."""
    changes: Counter[str] = Counter()
    for facts, sign in ((before, -1), (after, 1)):
        if facts is not None and facts.is_open:
            changes[OPEN_PORTS] += sign
            changes[UNNAMED] += 0 if is_named(facts.service) else sign
    if after is not None and changes[OPEN_PORTS]:
        opened = BASELINE if after.change.baseline else OPENED
        changes[opened if changes[OPEN_PORTS] > 0 else CLOSED] = 1
    if any(changes.values()):
        yield _count(after or before, at if after is None else after.change.at, changes)


def count_host(before: HostFacts | None, after: HostFacts | None, at: datetime) -> Iterator[Count]:
    if before is None and after is not None:
        yield _count(after, after.first_seen, {HOSTS: 1})
    elif after is None:
        yield _count(before, at, {HOSTS: -1})


def count_alert(before: AlertFacts | None, after: AlertFacts | None, at: datetime) -> Iterator[Count]:
    changes: Counter[str] = Counter()
    if before is not None:
        changes[_standing(before)] -= 1
    if after is not None:
        changes[_standing(after)] += 1
        was = before is not None and before.is_unresolved
        if after.is_unresolved and not was:
            changes[alert_counter("raised", after.type, after.severity)] += 1
        elif was and not after.is_unresolved:
            changes[alert_counter("resolved", after.type, (before or after).severity)] += 1
    when = at if after is None else after.raised if before is None else after.updated
    if any(changes.values()):
        yield _count(after or before, when, changes)


def _standing(alert: AlertFacts) -> str:
    return alert_counter("standing", alert.type, alert.severity, alert.status)


def _count(facts: _Facts | None, at: datetime, changes: Changes) -> Count:
    if facts is None:
        raise ValueError("a record is neither of something that was nor of something that is")
    return Count(facts.project, facts.network, at.date(), {name: by for name, by in changes.items() if by})
