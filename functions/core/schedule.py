"""Schedules in EventBridge Scheduler's syntax, validated by us: the service says too little, and the embedded one nothing."""

import re
import zoneinfo
from functools import cache

from functions.core.cron import check_cron
from functions.core.errors import InvalidInput
from functions.core.network import Schedule
from functions.core.quoting import quoted

EXPRESSION = "schedule.expression"
TIMEZONE = "schedule.timezone"
MAX_RATE = 99_999
_RATE = re.compile(r"(?P<value>[0-9]{1,6}) (?P<unit>[a-z]+)", re.ASCII)
_SINGULAR = {"minute", "hour", "day"}
_PLURAL = {f"{unit}s" for unit in _SINGULAR}


def validate_schedule(schedule: Schedule) -> None:
    """Raises InvalidInput with field `schedule.expression` or `schedule.timezone`."""
    text = schedule.expression
    match = re.fullmatch(r"(cron|rate)\((.*)\)", text, re.ASCII)
    if match is None:
        raise InvalidInput(EXPRESSION, f"{quoted(text)} is neither cron(...) nor rate(...): write as in rate(1 day)")
    if match[1] == "cron":
        check_cron(match[2], EXPRESSION)
    else:
        _check_rate(match[2])
    check_zone(schedule.timezone, field=TIMEZONE)


def _check_rate(text: str) -> None:
    match = _RATE.fullmatch(text)
    if match is None:
        raise InvalidInput(EXPRESSION, f"rate({text[:40]!a}) is not a value and a unit: write as in rate(12 hours)")
    value, unit = int(match["value"]), match["unit"]
    if unit not in _SINGULAR | _PLURAL:
        raise InvalidInput(EXPRESSION, f"a rate has no unit {quoted(unit)}: use minutes, hours or days")
    if not 1 <= value <= MAX_RATE:
        raise InvalidInput(EXPRESSION, f"a rate of {value} {unit} is not possible: use 1 minute to {MAX_RATE} days")
    mend = unit.removesuffix("s") + ("" if value == 1 else "s")
    if unit != mend:
        raise InvalidInput(EXPRESSION, f"rate({value} {unit}) has the wrong unit: write rate({value} {mend})")


def check_zone(name: str, *, field: str) -> None:
    """Raises InvalidInput for a name that is no time zone's."""
    if name not in _zones():
        raise InvalidInput(field, f"there is no time zone {quoted(name)}: use an IANA name as in Europe/Berlin or UTC")


@cache
def _zones() -> frozenset[str]:
    return frozenset({"UTC"} | zoneinfo.available_timezones())
