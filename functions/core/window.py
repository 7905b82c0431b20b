"""The hours in which a network may be scanned: what its clock on the wall says, with days on which nothing may be."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from functions.core.model import Model

HORIZON_DAYS = 400
"""A window that does not open within it is taken for a mistake."""
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_QUARTER = timedelta(minutes=15)


class Day(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS = tuple(Day)
ClockText = Annotated[str, Field(pattern=_CLOCK)]
DateText = Annotated[str, Field(pattern=_DATE)]


class Hours(Model):
    """From `start` on, up to `end`; an `end` that is not after `start` is of the next day. `days`: those of the start; empty = every day."""

    days: tuple[Day, ...] = Field(default=(), max_length=7)
    start: ClockText = "00:00"
    end: ClockText = "24:00"


class Blackout(Model):
    """Days on which nothing is scanned, both ends included; without `last` it is one day."""

    first: DateText
    last: DateText | None = None
    reason: str = Field(default="", max_length=128)


class Window(Model):
    """No `hours` at all means all hours but those of `blackouts`. `timezone`: an IANA name."""

    timezone: str = Field(default="UTC", max_length=64)
    hours: tuple[Hours, ...] = Field(default=(), max_length=28)
    blackouts: tuple[Blackout, ...] = Field(default=(), max_length=100)


def is_open(window: Window, at: datetime) -> bool:
    """By the clock on the wall of the window's time zone: an hour that comes twice is open twice, one that is left out never."""
    local = at.astimezone(ZoneInfo(window.timezone)).replace(tzinfo=None)
    if any(_holds(blackout, local.date()) for blackout in window.blackouts):
        return False
    return not window.hours or any(_within(hours, local) for hours in window.hours)


def next_open(window: Window, at: datetime) -> datetime | None:
    """`at` itself where it is open; None where it does not open within the horizon."""
    return at if is_open(window, at) else _next(window, at, wanted=True)


def next_close(window: Window, at: datetime) -> datetime | None:
    """`at` itself where it is closed; None where it does not close within the horizon."""
    return _next(window, at, wanted=False) if is_open(window, at) else at


def _next(window: Window, at: datetime, *, wanted: bool) -> datetime | None:
    return next((each for each in _turns(window, at) if is_open(window, each) is wanted), None)


def _turns(window: Window, at: datetime) -> Iterator[datetime]:
    """Every instant after `at` at which the window may open or close, in order."""
    zone = ZoneInfo(window.timezone)
    clocks = {time(0)} | {_clock(text) for hours in window.hours for text in (hours.start, hours.end)}
    today = at.astimezone(zone).date()
    for offset in range(HORIZON_DAYS):
        day = today + timedelta(days=offset)
        yield from (each for each in _turns_of(day, sorted(clocks), zone) if each > at)


def _turns_of(day: date, clocks: Sequence[time], zone: ZoneInfo) -> list[datetime]:
    """Of one local day; where the clock is put forward or back, any quarter of an hour may be one."""
    begins, ends = (_instant(day + timedelta(days=more), time(0), zone, fold=0) for more in (0, 1))
    turns = {_instant(day, clock, zone, fold=fold) for clock in clocks for fold in (0, 1)}
    if ends - begins != timedelta(days=1):
        turns |= {begins + _QUARTER * step for step in range((ends - begins) // _QUARTER)}
    return sorted(turns)


def _instant(day: date, clock: time, zone: ZoneInfo, *, fold: int) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC)


def _within(hours: Hours, local: datetime) -> bool:
    clock = local.time()
    start, overnight = _clock(hours.start), _minutes(hours.end) <= _minutes(hours.start)
    end = None if hours.end == "24:00" else _clock(hours.end)
    today, yesterday = _on(hours, local.date()), _on(hours, local.date() - timedelta(days=1))
    if not overnight:
        return today and start <= clock and (end is None or clock < end)
    return (today and start <= clock) or (yesterday and end is not None and clock < end)


def _on(hours: Hours, day: date) -> bool:
    return not hours.days or _DAYS[day.weekday()] in hours.days


def _holds(blackout: Blackout, day: date) -> bool:
    return blackout.first <= day.isoformat() <= (blackout.last or blackout.first)


def _clock(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
