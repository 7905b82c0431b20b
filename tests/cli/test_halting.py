"""Scans that are held, hours and limits, as the command tells of them."""

from typing import Any

import pytest

from cli.scanning import EXIT_CODES, closing_line
from cli.view import sentence
from tests.cli.fake_api import COUNTS

Json = dict[str, Any]
HELD = {"id": "SCAN", "status": "paused", "counts": COUNTS, "reason": "", "resume_at": None}


def test_a_paused_scan_says_who_paused_it_and_how_it_goes_on() -> None:
    told = closing_line(HELD | {"stop": "pause", "stop_why": "pause asked by eve"}, 1, 0)
    assert told.endswith("paused: pause asked by eve; `vedette scans resume SCAN` lets it go on")
    assert EXIT_CODES["paused"] == 3


def test_a_halted_scan_is_told_as_halted() -> None:
    told = closing_line(HELD | {"stop": "halt", "stop_why": "the project is halted by eve: it hurts"}, 1, 0)
    assert "halted: the project is halted by eve: it hurts; once the halt is released" in told


def test_a_scan_outside_of_its_hours_says_when_it_goes_on() -> None:
    waiting = HELD | {"stop": "window", "stop_why": "its hours are over", "resume_at": "2026-11-22T22:00:00Z"}
    assert "paused: its hours are over; it goes on by itself at 2026-11-22T22:00:00Z" in closing_line(waiting, 1, 0)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"stop": "halt", "why": "eve: it hurts"}, "scan halted: eve: it hurts"),
        ({"stop": "pause", "why": "\x1b[2Jeve"}, "scan paused: \\x1b[2Jeve"),
    ],
)
def test_a_pause_is_one_safe_line_of_the_live_view(data: Json, line: str) -> None:
    assert sentence({"type": "scan.paused", "data": data | {"resume_at": None}}) == line
