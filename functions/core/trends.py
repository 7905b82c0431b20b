"""From counters to what people ask of them: how many alerts stand now, and how an estate went day by day."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum

from functions.core.alert import UNRESOLVED, AlertStatus, AlertType, Severity
from functions.core.counting import BASELINE, CLOSED, HOSTS, OPEN_PORTS, OPENED, Changes
from functions.core.model import Model

MAX_DAYS = 400


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    """From Monday."""
    MONTH = "month"


class AlertCount(Model):
    type: AlertType
    severity: Severity
    status: AlertStatus
    count: int


class TrendPoint(Model):
    """Levels as they stood at the end of the period, and what happened in it."""

    start: date
    open_ports: int
    hosts: int
    alerts: int
    """Not resolved."""
    severities: dict[Severity, int]
    """Of those alerts."""
    opened: int
    closed: int
    baseline: int
    """Found open by the first coverage of their cell."""
    raised: int
    resolved: int


class Trend(Model):
    project: str
    network: str
    """Empty for the whole project."""
    by: Period
    points: tuple[TrendPoint, ...]
    """Oldest first; the last one is not over yet."""


def alert_counts(counters: Changes) -> tuple[AlertCount, ...]:
    """How many alerts stand, resolved ones too, by type, severity and status; zeros are left out."""
    return tuple(
        AlertCount(type=AlertType(kind), severity=Severity(severity), status=AlertStatus(status), count=number)
        for kind, severity, status, number in _standing(counters)
    )


def first_day(today: date, days: int, by: Period) -> date:
    """The start of the period that the first of the last `days` days lies in."""
    return start_of(today - timedelta(days=days - 1), by)


def start_of(day: date, by: Period) -> date:
    match by:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)


def trend_points(
    *, total: Changes, days: Mapping[date, Changes], since: date, today: date, by: Period
) -> tuple[TrendPoint, ...]:
    """`days` has all that changed from `since` on, after `today` too: levels are told back from the total."""
    levels = dict(total)
    happened: dict[date, dict[str, int]] = {}
    points: dict[date, dict[str, int]] = {}
    for day in sorted({*days, *_range(since, today)}, reverse=True):
        if since <= day <= today:
            start = start_of(day, by)
            # Days go backwards: the first one met of a period is its last.
            points.setdefault(start, dict(levels))
            _add(happened.setdefault(start, {}), days.get(day, {}), 1)
        _add(levels, days.get(day, {}), -1)
    return tuple(_point(start, points[start], happened[start]) for start in sorted(points))


def _range(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _add(to: dict[str, int], changes: Changes, sign: int) -> None:
    for name, number in changes.items():
        to[name] = to.get(name, 0) + sign * number


def _point(start: date, levels: Changes, happened: Changes) -> TrendPoint:
    severities = dict.fromkeys(Severity, 0)
    for _, severity, status, number in _standing(levels):
        if status in UNRESOLVED:
            severities[Severity(severity)] += number
    return TrendPoint(
        start=start,
        open_ports=levels.get(OPEN_PORTS, 0),
        hosts=levels.get(HOSTS, 0),
        alerts=sum(severities.values()),
        severities=severities,
        opened=happened.get(OPENED, 0),
        closed=happened.get(CLOSED, 0),
        baseline=happened.get(BASELINE, 0),
        raised=_all(happened, "raised/"),
        resolved=_all(happened, "resolved/"),
    )


def _standing(counters: Changes) -> Iterator[tuple[str, str, str, int]]:
    for name, number in sorted(counters.items()):
        if name.startswith("standing/") and number:
            _, kind, severity, status = name.split("/")
            yield kind, severity, status, number


def _all(counters: Changes, prefix: str) -> int:
    return sum(number for name, number in counters.items() if name.startswith(prefix))
