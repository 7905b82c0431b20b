"""Schedules that the service would refuse, or that never fire, are refused when they are written."""

import pytest

from functions.core.errors import InvalidInput
from functions.core.network import Schedule
from functions.core.schedule import validate_schedule


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(1 hour)",
        "rate(12 hours)",
        "rate(1 day)",
        "rate(30 days)",
        "cron(0 3 * * ? *)",
    ],
)
def test_a_schedule_in_the_services_own_syntax_is_accepted(expression: str) -> None:
    validate_schedule(Schedule(expression=expression))


@pytest.mark.parametrize(
    ("expression", "mend"),
    [
        ("rate(1 minutes)", r"write rate\(1 minute\)"),
        ("rate(5 minute)", r"write rate\(5 minutes\)"),
        ("rate(2 day)", r"write rate\(2 days\)"),
        ("rate(0 minutes)", "use 1 minute to"),
        ("rate(100000 days)", "use 1 minute to"),
        ("rate(30 seconds)", "use minutes, hours or days"),
        ("rate(1 week)", "use minutes, hours or days"),
        ("rate(-5 minutes)", "write as in rate"),
        ("rate(0.5 hours)", "write as in rate"),
        ("rate(5  minutes)", "write as in rate"),
        ("rate(5minutes)", "write as in rate"),
        ("rate( 5 minutes)", "write as in rate"),
        ("rate(5 Minutes)", "write as in rate"),
        ("rate(\u0665 minutes)", "write as in rate"),
        ("rate()", "write as in rate"),
        ("at(2026-01-01T00:00:00)", "neither cron"),
        ("RATE(1 day)", "neither cron"),
        ("rate(1 day) ", "neither cron"),
        ("rate(1 day)\n", "neither cron"),
        ("every day", "neither cron"),
        ("0 3 * * ? *", "neither cron"),
        ("", "neither cron"),
        ("cron(0 3 * * * *)", "exactly one"),
    ],
)
def test_any_other_expression_is_refused_with_a_mend(expression: str, mend: str) -> None:
    with pytest.raises(InvalidInput, match=mend) as refusal:
        validate_schedule(Schedule(expression=expression))
    assert refusal.value.field == "schedule.expression"
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_zone_has_an_iana_name(name: str) -> None:
    validate_schedule(Schedule(expression="rate(1 day)", timezone=name))


@pytest.mark.parametrize(
    "name", ["Nowhere", "Europe", "europe/berlin", "../../etc/passwd", "/etc/localtime", "UTC+2", "", "UTC\n"]
)
def test_any_other_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="IANA name") as refusal:
        validate_schedule(Schedule(expression="rate(1 day)", timezone=name))
    assert refusal.value.field == "schedule.timezone"
