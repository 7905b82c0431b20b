"""A seal shows what was changed, left out, put in or moved: in the log, in the seal itself, or between seals."""

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.seal import GENESIS, HOUR, Header, Record, Seal, chain_faults, compare, read_seal, write_lines

EIGHT = datetime(2026, 11, 21, 8, tzinfo=UTC)
RECORDS: list[dict[str, Any]] = [
    {"pk": "AUD#2026-11-21T08", "sk": f"E{number}", "after": {"n": number}} for number in range(4)
]


def document(records: list[dict[str, Any]] | None = None, *, hour: datetime = EIGHT, previous: str = GENESIS) -> bytes:
    return b"".join(write_lines(Header(hour=hour, previous=previous), RECORDS if records is None else records))


def sealed(*args: Any, **options: Any) -> Seal:
    return read_seal(options.get("hour", EIGHT), document(*args, **options))


def kinds(seal: Seal, live: list[Any]) -> list[tuple[str, str]]:
    return [(fault.kind, fault.entry) for fault in compare(seal, live)]


def test_a_seal_that_nobody_touched_has_no_faults() -> None:
    seal = sealed()
    assert seal.faults == ()
    assert list(seal.records) == RECORDS
    assert kinds(seal, RECORDS) == []


def test_an_hour_without_entries_has_a_seal_too() -> None:
    seal = sealed([])
    assert (seal.records, seal.faults) == ((), ())
    assert seal.head != GENESIS


@pytest.mark.parametrize(
    ("meddle", "kind"),
    [
        (lambda lines: lines[:2] + lines[3:], "broken"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "broken"),
        (lambda lines: [line.replace(b'"n":2', b'"n":9') for line in lines], "broken"),
        (lambda lines: lines[:-2] + lines[-1:], "broken"),
        (lambda lines: lines[:-1], "unreadable"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "broken"),
        (lambda lines: [b"not JSON"], "unreadable"),
    ],
    ids=["left out", "reordered", "changed", "cut short", "without trailer", "repeated", "no seal"],
)
def test_a_seal_that_was_meddled_with_is_not_believed(meddle: Any, kind: str) -> None:
    lines = document().splitlines()
    assert [fault.kind for fault in read_seal(EIGHT, b"\n".join(meddle(lines))).faults] == [kind]


def test_a_seal_made_anew_in_another_order_shows_it() -> None:
    seal = sealed([RECORDS[1], RECORDS[0], *RECORDS[2:]])
    assert [fault.kind for fault in seal.faults] == ["reordered"]


def test_a_seal_put_in_the_place_of_another_hour_shows_it() -> None:
    assert [fault.kind for fault in read_seal(EIGHT + HOUR, document()).faults] == ["broken"]


def test_the_log_is_compared_entry_by_entry() -> None:
    seal = sealed()
    changed: Record = {**RECORDS[1], "after": {"n": 100}}
    assert kinds(seal, [RECORDS[0], changed, *RECORDS[2:]]) == [("changed", "E1")]
    assert kinds(seal, [RECORDS[0], *RECORDS[2:]]) == [("missing", "E1")]
    assert kinds(seal, [*RECORDS, {"sk": "E9"}]) == [("added", "E9")]
    swapped = [{**RECORDS[0], "sk": "E1"}, {**RECORDS[1], "sk": "E0"}, *RECORDS[2:]]
    assert kinds(seal, swapped) == [("changed", "E0"), ("changed", "E1")]
    hidden: Record = {**RECORDS[2], "gsi1pk": "AUD#elsewhere"}
    assert kinds(seal, [*RECORDS[:2], hidden, RECORDS[3]]) == [("changed", "E2")]


def test_each_seal_goes_on_from_the_hour_before() -> None:
    first = sealed()
    second = sealed([], hour=EIGHT + HOUR, previous=first.head)
    assert list(chain_faults(None, first)) == []
    assert list(chain_faults(first, second)) == []


def test_a_missing_seal_and_one_made_anew_break_the_chain() -> None:
    first = sealed()
    third = sealed([], hour=EIGHT + 2 * HOUR, previous=first.head)
    assert [fault.kind for fault in chain_faults(first, third)] == ["gap"]
    rewritten = sealed(RECORDS[:3])
    second = sealed([], hour=EIGHT + HOUR, previous=first.head)
    assert [fault.kind for fault in chain_faults(rewritten, second)] == ["unchained"]
    assert [fault.kind for fault in chain_faults(None, second)] == ["gap"]
