"""The hours in which a network may be scanned, over nights, blackouts and turns of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import InvalidInput
from functions.core.window import Blackout, Day, Hours, Window, is_open, next_close, next_open
from functions.core.window_check import validate_window

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NIGHTS = Window(timezone="Europe/Berlin", hours=(Hours(start="22:00", end="06:00"),))
WEEKEND = Window(hours=(Hours(days=(Day.SAT, Day.SUN)),))


def berlin(day: int, hour: int, minute: int = 0, *, month: int = 11, fold: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN, fold=fold)


def test_a_night_is_open_over_midnight() -> None:
    assert not is_open(NIGHTS, berlin(21, 21, 59))
    assert is_open(NIGHTS, berlin(21, 22))
    assert is_open(NIGHTS, berlin(22, 5, 59))
    assert not is_open(NIGHTS, berlin(22, 6))


def test_it_says_when_it_opens_and_closes_next() -> None:
    assert next_open(NIGHTS, berlin(21, 12)) == berlin(21, 22)
    assert next_close(NIGHTS, berlin(21, 23)) == berlin(22, 6)
    assert next_open(NIGHTS, berlin(21, 23)) == berlin(21, 23)
    assert next_close(NIGHTS, berlin(21, 12)) == berlin(21, 12)


def test_the_days_are_those_on_which_hours_begin() -> None:
    friday = Window(hours=(Hours(days=(Day.FRI,), start="22:00", end="02:00"),))
    assert is_open(friday, datetime(2026, 11, 20, 23, tzinfo=UTC))
    assert is_open(friday, datetime(2026, 11, 21, 1, tzinfo=UTC))
    assert not is_open(friday, datetime(2026, 11, 20, 1, tzinfo=UTC))


def test_hours_that_meet_are_one_window() -> None:
    assert next_close(WEEKEND, datetime(2026, 11, 21, 8, tzinfo=UTC)) == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_blackout_closes_whole_days_of_the_windows_own_zone() -> None:
    window = NIGHTS.model_copy(update={"blackouts": (Blackout(first="2026-11-22", last="2026-11-23"),)})
    assert next_close(window, berlin(21, 23)) == berlin(22, 0)
    assert next_open(window, berlin(22, 1)) == berlin(24, 0)


def test_without_hours_it_is_always_open_but_in_blackouts() -> None:
    window = Window(blackouts=(Blackout(first="2026-12-24"),))
    assert next_close(window, NOW) == datetime(2026, 12, 24, tzinfo=UTC)
    assert next_open(window, datetime(2026, 12, 24, 9, tzinfo=UTC)) == datetime(2026, 12, 25, tzinfo=UTC)
    assert next_close(Window(), NOW) is None


def test_the_hour_that_comes_twice_is_open_twice_and_the_one_left_out_never() -> None:
    early = Window(timezone="Europe/Berlin", hours=(Hours(start="02:15", end="02:45"),))
    first, second = (berlin(25, 2, 15, month=10, fold=fold).astimezone(UTC) for fold in (0, 1))
    assert next_open(early, berlin(25, 1, month=10)) == first
    assert next_close(early, first) == first + timedelta(minutes=30)
    assert next_open(early, first + timedelta(minutes=30)) == second
    assert next_open(early, berlin(29, 1, month=3)) == berlin(30, 2, 15, month=3)


def test_hours_longer_than_the_turn_of_the_clock_go_on_through_it() -> None:
    assert next_close(NIGHTS, berlin(24, 23, month=10)) == berlin(25, 6, month=10)
    assert berlin(25, 6, month=10).astimezone(UTC) - berlin(24, 22, month=10).astimezone(UTC) == timedelta(hours=9)


@given(
    at=st.integers(0, 700 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    start=st.integers(0, 95),
    end=st.integers(1, 96),
    days=st.sets(st.sampled_from(Day)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_between_now_and_the_next_turn_nothing_changes(
    at: datetime, start: int, end: int, days: set[Day], zone: str
) -> None:
    hours = Hours(days=tuple(sorted(days)), start=_clock(start), end=_clock(end))
    window = Window(timezone=zone, hours=(hours,))
    opened = is_open(window, at)
    turn = next_close(window, at) if opened else next_open(window, at)
    if turn is None:
        return
    assert is_open(window, turn) is not opened
    assert is_open(window, turn - timedelta(seconds=1)) is opened
    steps = min(int((turn - at) / timedelta(minutes=5)), 500)
    assert all(is_open(window, at + timedelta(minutes=5) * step) is opened for step in range(steps))


def _clock(quarters: int) -> str:
    return f"{quarters // 4:02}:{quarters % 4 * 15:02}"


@pytest.mark.parametrize(
    ("window", "field"),
    [
        (Window(timezone="Mars/Olympus"), "window.timezone"),
        (Window(hours=(Hours(start="24:00"),)), "window.hours.0.start"),
        (Window(blackouts=(Blackout(first="2026-02-30"),)), "window.blackouts.0.first"),
        (Window(blackouts=(Blackout(first="2026-12-24", last="2026-12-23"),)), "window.blackouts.0.last"),
        (Window(blackouts=(Blackout(first="2026-01-01", last="2099-01-01"),)), "window"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(window: Window, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate_window(window, now=NOW)
    assert refused.value.field == field
