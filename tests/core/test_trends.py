"""Levels told back from now, and what happened in each period."""

from datetime import date

import pytest

from functions.core.alert import AlertStatus, AlertType, Severity
from functions.core.trends import AlertCount, Period, TrendPoint, alert_counts, first_day, start_of, trend_points

TODAY = date(2026, 11, 21)  # a Saturday
NEW, LOW = "standing/NEW_PORT/high/open", "standing/NEW_HOST/low/resolved"


def points(by: Period = Period.DAY, days: int = 4) -> list[TrendPoint]:
    told = trend_points(
        total={"open": 7, "hosts": 3, "opened": 90, NEW: 2, LOW: 4},
        days={
            date(2026, 11, 18): {"open": 2, "opened": 3, "closed": 1, NEW: 1, "raised/NEW_PORT/high": 1},
            date(2026, 11, 20): {"open": 4, "baseline": 4, "hosts": 1, "resolved/NEW_PORT/high": 2, NEW: -2, LOW: 1},
            date(2026, 11, 22): {"open": -5, "closed": 5},
        },
        since=first_day(TODAY, days, by),
        today=TODAY,
        by=by,
    )
    return list(told)


def test_each_day_has_a_point_with_the_levels_at_its_end() -> None:
    assert [(point.start.day, point.open_ports, point.hosts, point.alerts) for point in points()] == [
        (18, 8, 2, 4),
        (19, 8, 2, 4),
        (20, 12, 3, 2),
        (21, 12, 3, 2),
    ]


def test_what_happened_is_told_with_its_day() -> None:
    assert [(each.opened, each.closed, each.baseline, each.raised, each.resolved) for each in points()] == [
        (3, 1, 0, 1, 0),
        (0, 0, 0, 0, 0),
        (0, 0, 4, 0, 2),
        (0, 0, 0, 0, 0),
    ]


def test_alerts_are_told_by_severity_without_resolved_ones() -> None:
    last = points()[-1]
    assert last.severities == {"info": 0, "low": 0, "medium": 0, "high": 2, "critical": 0}


@pytest.mark.parametrize(("by", "starts"), [(Period.WEEK, [16]), (Period.MONTH, [1])])
def test_weeks_and_months_are_sums_and_begin_where_they_begin(by: Period, starts: list[int]) -> None:
    (point,) = points(by)
    assert [point.start.day] == starts
    assert (point.open_ports, point.opened, point.closed, point.baseline) == (12, 3, 1, 4)


def test_a_window_reaches_back_to_the_start_of_its_first_period() -> None:
    assert first_day(TODAY, 1, Period.DAY) == TODAY
    assert first_day(TODAY, 30, Period.DAY) == date(2026, 10, 23)
    assert first_day(TODAY, 30, Period.MONTH) == date(2026, 10, 1)
    assert start_of(date(2026, 11, 16), Period.WEEK) == date(2026, 11, 16)
    assert start_of(date(2026, 11, 15), Period.WEEK) == date(2026, 11, 9)


def test_alerts_that_stand_are_counted_by_type_severity_and_status() -> None:
    assert alert_counts(
        {NEW: 2, LOW: 4, "open": 7, "raised/NEW_PORT/high": 9, "standing/BLOCKED/critical/open": 0}
    ) == (
        AlertCount(type=AlertType.NEW_HOST, severity=Severity.LOW, status=AlertStatus.RESOLVED, count=4),
        AlertCount(type=AlertType.NEW_PORT, severity=Severity.HIGH, status=AlertStatus.OPEN, count=2),
    )
