"""Whether a window says what its user means: a time zone that is one, days that are, and hours that come."""

from datetime import date, datetime

from functions.core.errors import InvalidInput
from functions.core.schedule import check_zone
from functions.core.window import HORIZON_DAYS, Window, next_open


def validate_window(window: Window, *, now: datetime) -> None:
    """Raises InvalidInput with the field at fault."""
    check_zone(window.timezone, field="window.timezone")
    for index, each in enumerate(window.hours):
        if each.start == "24:00":
            raise InvalidInput(f"window.hours.{index}.start", "hours start at 23:59 at the latest")
    for index, blackout in enumerate(window.blackouts):
        first = _day(blackout.first, f"window.blackouts.{index}.first")
        last = _day(blackout.last or blackout.first, f"window.blackouts.{index}.last")
        if last < first:
            raise InvalidInput(f"window.blackouts.{index}.last", "it ends before it begins")
    if next_open(window, now) is None:
        raise InvalidInput("window", f"it never opens within {HORIZON_DAYS} days: nothing could be scanned")


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field, f"there is no day {text}: write as in 2026-12-24") from None
