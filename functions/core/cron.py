"""The grammar of EventBridge Scheduler's cron: minutes, hours, day of month, month, day of week, year."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.core.errors import InvalidInput
from functions.core.quoting import quoted

_NAMES_OF_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMES_OF_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class CronField:
    name: str
    lowest: int
    highest: int
    names: Mapping[str, int] = field(default_factory=dict)
    steps: bool = True
    special: re.Pattern[str] | None = None
    """Whole-field forms that only this field has; `number` and `nth` are checked against its bounds."""


_FIELDS = (
    CronField("minutes", 0, 59),
    CronField("hours", 0, 23),
    CronField("day of month", 1, 31, special=re.compile(r"\?|L|(?P<number>[0-9]{1,2})W", re.ASCII)),
    CronField("month", 1, 12, {name: number for number, name in enumerate(_NAMES_OF_MONTHS, 1)}),
    CronField(
        "day of week",
        1,
        7,
        {name: number for number, name in enumerate(_NAMES_OF_DAYS, 1)},
        steps=False,
        special=re.compile(r"\?|L|(?P<number>[0-9A-Z]{1,3})(?:L|#(?P<nth>[0-9]))", re.ASCII),
    ),
    CronField("year", 1970, 2199),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def check_cron(text: str, at: str) -> None:
    """`text`: what stands between the parentheses. Raises InvalidInput on the field `at`, naming the cron field and the mend."""
    _, _, days, months, _, _ = read_cron(text, at)
    _refuse_impossible(days, months, at)


def read_cron(text: str, at: str) -> tuple[frozenset[int], ...]:
    """The values of each field, in order; none for a day that is named by another rule (`?`, `L`, `6L`, `3#2`).

    `15W` gives 15. Raises as check_cron does.
    """
    parts = text.split(" ")
    if len(parts) != len(_FIELDS) or "" in parts:
        raise InvalidInput(
            at,
            f"cron has {len(_FIELDS)} fields with one space between them, "
            "minutes hours day-of-month month day-of-week year: write as in cron(0 3 * * ? *)",
        )
    days = parts[_DAY_OF_MONTH], parts[_DAY_OF_WEEK]
    if days.count("?") != 1:
        raise InvalidInput(
            at, "exactly one of day of month and day of week is ?: put ? in the one that does not matter"
        )
    return tuple(_Reader(each, at).read(part.upper()) for each, part in zip(_FIELDS, parts, strict=True))


def _refuse_impossible(days: frozenset[int], months: frozenset[int], at: str) -> None:
    if days and months and min(days) > max(_LONGEST[month - 1] for month in months):
        raise InvalidInput(at, f"no such month has a day {min(days)}: this would never fire; use L for the last day")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one field."""

    field: CronField
    at: str

    def read(self, text: str) -> frozenset[int]:
        """The values that `text` names; none for a form that names them by another rule (`?`, `L`, `6L`, `3#2`)."""
        if self.field.special and (match := self.field.special.fullmatch(text)):
            return self._special(text, match.groupdict())
        values: set[int] = set()
        for part in text.split(","):
            values |= self._part(part)
        return frozenset(values)

    def _special(self, text: str, groups: Mapping[str, str | None]) -> frozenset[int]:
        number, nth = groups.get("number"), groups.get("nth")
        if number:
            value = self._value(number)
            if nth and not 1 <= int(nth) <= 5:
                raise self._refusal(text, "the number after # is 1 to 5")
            if text.endswith("W"):
                return frozenset({value})
        return frozenset()

    def _part(self, part: str) -> set[int]:
        span, slash, step = part.partition("/")
        first, last = self._span(span, open_ended=bool(slash))
        if not slash:
            return set(range(first, last + 1))
        if not self.field.steps:
            raise self._refusal(part, "list the days, as in MON,WED,FRI")
        if not re.fullmatch(r"[0-9]{1,4}", step, re.ASCII) or not 1 <= int(step) <= self.field.highest:
            raise self._refusal(part, f"a step is a number from 1 to {self.field.highest}")
        return set(range(first, last + 1, int(step)))

    def _span(self, span: str, *, open_ended: bool) -> tuple[int, int]:
        if span == "*":
            return self.field.lowest, self.field.highest
        start, dash, end = span.partition("-")
        first = self._value(start)
        if not dash:
            return first, self.field.highest if open_ended else first
        last = self._value(end)
        if first > last:
            raise self._refusal(
                span, f"a range goes upwards: write {start}-{self.field.highest},{self.field.lowest}-{end}"
            )
        return first, last

    def _value(self, text: str) -> int:
        if text in self.field.names:
            return self.field.names[text]
        if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII):
            raise self._refusal(text, f"use numbers from {self.field.lowest} to {self.field.highest}{self._hint()}")
        if not self.field.lowest <= int(text) <= self.field.highest:
            raise self._refusal(text, f"its numbers go from {self.field.lowest} to {self.field.highest}{self._hint()}")
        return int(text)

    def _hint(self) -> str:
        return f" or names as in {next(iter(self.field.names))}" if self.field.names else ""

    def _refusal(self, text: str, mend: str) -> InvalidInput:
        return InvalidInput(self.at, f"{quoted(text)} does not fit {self.field.name}: {mend}")
