"""When a schedule last came due."""

from datetime import UTC, datetime

import pytest

from functions.core.errors import NotFound
from functions.core.last_tick import last_tick
from functions.core.network import Schedule

AT = datetime(2026, 11, 21, 8, 0, 30, tzinfo=UTC)
"""A Saturday."""
SINCE = datetime(2026, 11, 1, 0, 7, tzinfo=UTC)


def due(expression: str, timezone: str = "UTC") -> str:
    return last_tick(Schedule(expression=expression, timezone=timezone), at=AT, since=SINCE).isoformat()[:16]


@pytest.mark.parametrize(
    ("expression", "when"),
    [
        ("cron(0 3 * * ? *)", "2026-11-21T03:00"),
        ("cron(0 9 * * ? *)", "2026-11-20T09:00"),
        ("cron(0 8 * * ? *)", "2026-11-21T08:00"),
        ("cron(0/15 * * * ? *)", "2026-11-21T08:00"),
        ("cron(59 7,23 * * ? *)", "2026-11-21T07:59"),
        ("cron(0 0 1 * ? *)", "2026-11-01T00:00"),
        ("cron(0 0 L * ? *)", "2026-10-31T00:00"),
        ("cron(0 0 ? * MON-FRI *)", "2026-11-20T00:00"),
        ("cron(0 0 ? * L *)", "2026-11-21T00:00"),
        ("cron(0 0 ? * 6L *)", "2026-10-30T00:00"),
        ("cron(0 0 ? * TUE#2 *)", "2026-11-10T00:00"),
        ("cron(0 0 21W * ? *)", "2026-11-20T00:00"),
        ("cron(0 0 15W * ? *)", "2026-11-16T00:00"),
        ("cron(0 0 1W * ? *)", "2026-11-02T00:00"),
        ("cron(0 0 31W * ? *)", "2026-10-30T00:00"),
        ("cron(0 0 1 1 ? 2026)", "2026-01-01T00:00"),
        ("rate(1 hour)", "2026-11-21T07:07"),
        ("rate(5 minutes)", "2026-11-21T07:57"),
        ("rate(2 days)", "2026-11-21T00:07"),
        ("rate(90 days)", "2026-11-01T00:07"),
    ],
)
def test_the_last_time_at_or_before_now(expression: str, when: str) -> None:
    assert due(expression) == when


def test_a_schedule_is_read_in_its_own_time_zone() -> None:
    assert due("cron(0 9 * * ? *)", "Europe/Berlin") == "2026-11-21T08:00"
    assert due("cron(0 3 * * ? *)", "America/New_York") == "2026-11-21T08:00"


def test_a_schedule_that_has_not_come_due_in_a_year_has_no_last_time() -> None:
    with pytest.raises(NotFound):
        due("cron(0 0 1 1 ? 2025)")
