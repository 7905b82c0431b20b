"""Times as people type them: an instant, or how long from now."""

import re
from datetime import UTC, datetime, timedelta

from cli.errors import UsageError

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SPAN = re.compile(r"(\d{1,5})([mhdw])")


def in_future(text: str, *, option: str, now: datetime | None = None) -> str:
    """RFC 3339 of an instant, or of so long after now: `2026-12-01T09:00:00Z`, `12h`. Raises UsageError."""
    return _moment(text, option, now or datetime.now(UTC), 1)


def in_past(text: str, *, option: str, now: datetime | None = None) -> str:
    """As `in_future`, but so long before now."""
    return _moment(text, option, now or datetime.now(UTC), -1)


def _moment(text: str, option: str, now: datetime, sign: int) -> str:
    if span := _SPAN.fullmatch(text):
        return (now + sign * int(span[1]) * _UNITS[span[2]]).isoformat(timespec="seconds")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: give a time as 2026-12-01T09:00:00Z, or how long: 30m, 12h, 7d, 2w") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat(timespec="seconds")
