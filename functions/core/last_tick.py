"""When a schedule last came due, for a tick whose sender does not say: the identity of the tick, and so of its scan."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from functions.core.cron import read_cron
from functions.core.errors import NotFound
from functions.core.network import Schedule

_EXPRESSION = "schedule.expression"
_LOOK_BACK_DAYS = 366
_SATURDAY = 7
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def last_tick(schedule: Schedule, *, at: datetime, since: datetime) -> datetime:
    """The last time at or before `at`, UTC, to the minute for cron; a rate counts from `since`.

    For a schedule that validate_schedule accepts. Raises NotFound where there is none within a year.
    """
    kind, _, rest = schedule.expression.partition("(")
    text = rest.removesuffix(")")
    if kind == "rate":
        return _last_of_rate(text, at, since)
    return _last_of_cron(text, at, ZoneInfo(schedule.timezone))


def _last_of_rate(text: str, at: datetime, since: datetime) -> datetime:
    value, unit = text.split(" ")
    period = int(value) * _UNITS[unit.removesuffix("s")]
    return since + max(0, (at - since) // period) * period


def _last_of_cron(text: str, at: datetime, zone: ZoneInfo) -> datetime:
    minutes, hours, days, months, weekdays, years = read_cron(text, _EXPRESSION)
    parts = text.upper().split(" ")
    of_month = _Days(parts[2], days).day_of_month
    of_week = _Days(parts[4], weekdays).day_of_week
    times = [
        time(hour, minute, tzinfo=zone)
        for hour in sorted(hours, reverse=True)
        for minute in sorted(minutes, reverse=True)
    ]
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=back) for back in range(_LOOK_BACK_DAYS)):
        if day.year in years and day.month in months and of_month(day) and of_week(day):
            due = next((each for each in _instants(day, times) if each <= at), None)
            if due:
                return due
    raise NotFound("the schedule has not come due within a year")


def _instants(day: date, times: list[time]) -> list[datetime]:
    return [datetime.combine(day, each).astimezone(UTC) for each in times]


@dataclass(frozen=True)
class _Days:
    """Which days a field names; `values`: what read_cron made of `text`."""

    text: str
    values: frozenset[int]

    @property
    def day_of_month(self) -> Callable[[date], bool]:
        if self.text == "?":
            return lambda _day: True
        if self.text == "L":
            return lambda day: day.day == _last_day(day)
        if self.text.endswith("W"):
            (wanted,) = self.values
            return lambda day: day.day == _nearest_working_day(day, wanted)
        return lambda day: day.day in self.values

    @property
    def day_of_week(self) -> Callable[[date], bool]:
        if self.text == "?":
            return lambda _day: True
        if self.text == "L":
            return lambda day: _weekday(day) == _SATURDAY
        if match := re.fullmatch(r"(\w+)L", self.text):
            wanted = self._number(match[1])
            return lambda day: _weekday(day) == wanted and day.day > _last_day(day) - 7
        if match := re.fullmatch(r"(\w+)#(\d)", self.text):
            wanted, nth = self._number(match[1]), int(match[2])
            return lambda day: _weekday(day) == wanted and (day.day + 6) // 7 == nth
        return lambda day: _weekday(day) in self.values

    def _number(self, name: str) -> int:
        (number,) = read_cron(f"0 0 ? * {name} *", _EXPRESSION)[4]
        return number


def _weekday(day: date) -> int:
    """1 is Sunday, 7 Saturday."""
    return day.isoweekday() % 7 + 1


def _last_day(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _nearest_working_day(day: date, wanted: int) -> int:
    """Of the month of `day`, and never of another."""
    last = _last_day(day)
    if wanted > last:
        return 0
    match _weekday(day.replace(day=wanted)):
        case 7:
            return wanted - 1 if wanted > 1 else wanted + 2
        case 1:
            return wanted + 1 if wanted < last else wanted - 2
    return wanted
