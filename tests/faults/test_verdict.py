"""What the fault suite calls lost, twice or wrong: a verdict that finds nothing would find nothing in the product either."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.coverage import Answer, Method
from functions.core.messages import AddressRange, CoverageLine
from functions.core.model import Protocol
from tests.e2e.estate import Cell
from tests.faults.verdict import Seen, Verdict, judge

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SSH, WEB = ("10.0.0.1", "tcp", 22), ("10.0.0.2", "tcp", 80)
GONE = ("10.0.0.1", "tcp", 80)
ENDS = frozenset({"completed", "partial", "failed"})


def line(first: str, last: str, ports: str, answer: Answer) -> CoverageLine:
    return CoverageLine(
        addresses=(AddressRange(first=first, last=last),),
        protocol=Protocol.TCP,
        ports=ports,
        answer=answer,
        how=Method.SYN,
        at=NOW,
    )


def told(status: str = "completed", covered: int = 4, cells: int = 4) -> dict[str, Any]:
    return {"status": status, "reason": "", "counts": {"cells_covered": covered, "cells": cells}}


WHOLE = Seen(
    scan=told(),
    coverage=(
        line("10.0.0.1", "10.0.0.1", "22", Answer.OPEN),
        line("10.0.0.1", "10.0.0.1", "80", Answer.REFUSED),
        line("10.0.0.2", "10.0.0.2", "22", Answer.REFUSED),
        line("10.0.0.2", "10.0.0.2", "80", Answer.OPEN),
    ),
    truth=frozenset({SSH, WEB}),
    inventory=(SSH, WEB),
    alerts=(("NEW_PORT", "10.0.0.1", 22), ("NEW_PORT", "10.0.0.2", 80)),
    openings=(SSH, WEB),
)


def faults(seen: Seen, ends: frozenset[str] = ENDS) -> dict[str, int]:
    verdict = Verdict()
    judge(seen, ends=ends, verdict=verdict)
    return {name: count for name, count in verdict.figures.items() if count}


def test_what_is_as_it_should_be_has_no_fault() -> None:
    assert faults(WHOLE) == {}


def test_a_cell_that_was_not_covered_is_not_lost_where_the_scan_says_so() -> None:
    half = (*WHOLE.coverage[:2], line("10.0.0.2", "10.0.0.2", "22,80", Answer.NOT_COVERED))
    seen = replace(WHOLE, scan=told("partial", 2), coverage=half, inventory=(SSH,), openings=(SSH,))
    assert faults(seen) == {}
    assert faults(replace(seen, scan=told("completed", 2))) == {"lost": 1, "wrong_status": 1}


@pytest.mark.parametrize(
    "changed",
    [
        {"coverage": (*WHOLE.coverage[:2], line("10.0.0.2", "10.0.0.2", "22,80", Answer.REFUSED))},
        {"inventory": (SSH,)},
        {"inventory": (SSH, WEB, ("10.0.0.9", "tcp", 1))},
    ],
    ids=["covered and called shut", "seen and not kept", "kept and not there"],
)
def test_a_cell_that_is_not_told_as_it_is_is_lost(changed: dict[str, Any]) -> None:
    assert faults(replace(WHOLE, **changed)) == {"lost": 1}


@pytest.mark.parametrize("name", ["inventory", "alerts", "openings"])
def test_what_is_there_again_is_there_twice(name: str) -> None:
    once = getattr(WHOLE, name)
    doubled: dict[str, Any] = {name: (*once, once[0])}
    assert faults(replace(WHOLE, **doubled)) == {"twice": 1}


@pytest.mark.parametrize(
    ("scan", "ends"),
    [
        (told("partial"), ENDS),
        (told("failed"), ENDS),
        (told("completed", 3), ENDS),
        (told("cancelled"), ENDS),
        (told("partial", 4, 9), frozenset({"completed"})),
    ],
    ids=["partial and whole", "failed and whole", "whole by its word", "cancelled by nobody", "not as it had to end"],
)
def test_a_status_that_its_coverage_or_its_fault_does_not_allow_is_wrong(
    scan: dict[str, Any], ends: frozenset[str]
) -> None:
    assert "wrong_status" in faults(replace(WHOLE, scan=scan), ends)


def test_cells_that_are_counted_and_in_no_document_are_wrong() -> None:
    assert faults(
        replace(WHOLE, coverage=WHOLE.coverage[:3], scan=told("completed", 4), truth=frozenset({SSH}), inventory=(SSH,))
    ) == {"wrong_status": 1}


KNOWN = replace(WHOLE, known=frozenset({SSH, GONE}))
"""Of what was open before, one is no more."""


def half(answer: Answer) -> tuple[CoverageLine, ...]:
    """Of the cells that were known, by a scan that is partial."""
    return (line("10.0.0.1", "10.0.0.1", "22,80", answer), *WHOLE.coverage[2:])


def test_what_was_known_is_open_or_closed_as_it_is() -> None:
    assert faults(KNOWN) == {}


@pytest.mark.parametrize("answer", [Answer.NOT_COVERED, Answer.NOT_OPEN, Answer.NO_ANSWER])
def test_what_was_not_asked_to_the_end_stays_as_it_was_in_a_scan_that_is_partial(answer: Answer) -> None:
    covered = answer is not Answer.NOT_COVERED
    told_of = line("10.0.0.1", "10.0.0.1", "80", answer)
    lines = (WHOLE.coverage[0], told_of, *WHOLE.coverage[2:])
    kept = replace(KNOWN, coverage=lines, inventory=(SSH, WEB, GONE), scan=told("partial", 3 + covered, 9))
    assert faults(kept) == {}
    assert faults(replace(kept, scan=told("completed", 3 + covered, 3 + covered))) == {"lost": 1}


@pytest.mark.parametrize(
    ("coverage", "inventory", "lost"),
    [
        (WHOLE.coverage, (WEB,), 1),
        (half(Answer.NOT_COVERED), (WEB,), 2),
        (half(Answer.NOT_COVERED), (SSH, WEB), 1),
        (half(Answer.REFUSED), (SSH, WEB), 1),
        (WHOLE.coverage, (SSH, WEB, GONE), 1),
    ],
    ids=[
        "open, seen and closed",
        "both closed and nobody looked",
        "one closed and nobody looked",
        "open and called shut",
        "shut, seen and not closed",
    ],
)
def test_a_known_port_that_is_wrongly_open_or_closed_is_lost(
    coverage: tuple[CoverageLine, ...], inventory: tuple[Cell, ...], lost: int
) -> None:
    covered = 2 if coverage == half(Answer.NOT_COVERED) else 4
    seen = replace(KNOWN, coverage=coverage, inventory=inventory, openings=inventory, scan=told("partial", covered, 9))
    assert faults(seen) == {"lost": lost}
