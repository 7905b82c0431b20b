"""The grammar of EventBridge Scheduler's cron."""

import pytest

from functions.core.cron import check_cron
from functions.core.errors import InvalidInput


@pytest.mark.parametrize(
    "text",
    [
        "0 3 * * ? *", "*/15 * * * ? *", "0/10 8-17 ? * MON-FRI *", "0,30 0 1,15 * ? *", "5-45/10 0 * * ? *",
        "0 10 ? * 6L 2030-2031", "0 10 ? * FRIL *", "0 10 ? * L *", "0 10 ? * 3#1 *", "0 10 ? * TUE#5 *", "0 0 L * ? *", "0 0 1W * ? *",
        "0 0 31W * ? *", "0 0 1 JAN,MAR-MAY,12 ? *", "0 0 ? jan sun *", "59 23 31 12 ? 2199", "0 0 29 2 ? *", "0 0 31 2,3 ? *", "0 0 1 1/3 ? 2030/2",
        "0 0 ? * 1-7 1970",
    ],
)  # fmt: skip
def test_every_form_of_the_services_grammar_is_accepted(text: str) -> None:
    check_cron(text, "at")


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("0 3 * * ?", "6 fields"),
        ("0 3 * * ? * *", "6 fields"),
        ("0 3 * *  ? *", "6 fields"),
        (" 0 3 * * ? *", "6 fields"),
        ("0\t3 * * ? *", "6 fields"),
        ("", "6 fields"),
        ("0 3 * * * *", "exactly one"),
        ("0 3 ? * ? *", "exactly one"),
        ("0 3 1 * MON *", "exactly one"),
        ("60 0 1 * ? *", "minutes: its numbers go from 0 to 59"),
        ("0 24 1 * ? *", "hours: its numbers go from 0 to 23"),
        ("0 0 0 * ? *", "day of month: its numbers go from 1 to 31"),
        ("0 0 32 * ? *", "day of month: its numbers go from 1 to 31"),
        ("0 0 1 0 ? *", "month: its numbers go from 1 to 12 or names as in JAN"),
        ("0 0 1 13 ? *", "month"),
        ("0 0 1 JANUARY ? *", "month: use numbers"),
        ("0 0 1 MON ? *", "month: use numbers"),
        ("0 0 ? * 0 *", "day of week: its numbers go from 1 to 7"),
        ("0 0 ? * 8 *", "day of week"),
        ("0 0 ? * JAN *", "day of week"),
        ("0 0 1 * ? 1969", "year: its numbers go from 1970 to 2199"),
        ("0 0 1 * ? 2200", "year"),
        ("0 0 1 * ? 20260", "year"),
        ("10-5 0 1 * ? *", "write 10-59,0-5"),
        ("0 0 ? * FRI-MON *", "write FRI-7,1-MON"),
        ("1- 0 1 * ? *", "minutes: use numbers"),
        ("-5 0 1 * ? *", "minutes: use numbers"),
        ("1,,2 0 1 * ? *", "minutes: use numbers"),
        ("1-2-3 0 1 * ? *", "minutes: use numbers"),
        ("\u0661 0 1 * ? *", "minutes: use numbers"),
        ("*/0 0 1 * ? *", "a step is a number from 1 to 59"),
        ("*/60 0 1 * ? *", "a step is a number from 1 to 59"),
        ("*/ 0 1 * ? *", "a step"),
        ("*/1/2 0 1 * ? *", "a step"),
        ("0 0 ? * SUN/2 *", "list the days"),
        ("0 0 LW * ? *", "day of month"),
        ("0 0 0W * ? *", "day of month"),
        ("0 0 32W * ? *", "day of month"),
        ("0 0 1W,15W * ? *", "day of month"),
        ("0 0 ? * 8L *", "day of week"),
        ("0 0 ? * 8#1 *", "day of week"),
        ("0 0 ? * 3#0 *", "after # is 1 to 5"),
        ("0 0 ? * 3#6 *", "after # is 1 to 5"),
        ("0 0 ? * 3#1,6#3 *", "day of week"),
        ("? 0 1 * ? *", "minutes"),
        ("0 0 1 L ? *", "month"),
        ("0 W 1 * ? *", "hours"),
        ("0 0 30 2 ? *", "no such month has a day 30"),
        ("0 0 31 FEB,4,6 ? *", "no such month has a day 31"),
        ("0 0 31W 2 ? *", "no such month has a day 31"),
    ],
)
def test_anything_else_is_refused_by_field_and_with_a_mend(text: str, mend: str) -> None:
    with pytest.raises(InvalidInput, match=mend) as refusal:
        check_cron(text, "schedule.expression")
    assert refusal.value.field == "schedule.expression"
