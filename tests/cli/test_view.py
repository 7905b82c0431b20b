"""The live view, on a terminal and in a pipe."""

import io
from typing import Any

import pytest
from rich.console import Console

from cli.view import Bars, Lines, sentence, view_for


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "data": data}


STORY = [
    {"type": "snapshot", "data": {"counts": {"chunks": 0}, "running": []}},
    event("scan.planned", chunks=2, cells=20),
    event("chunk.started", chunk="00000", attempt=1, summary="10.0.0.1 tcp 1-10"),
    event("chunk.progress", chunk="00000", phase="discovery", fraction=0.55, open_ports=1, probes=5),
    event("chunk.progress", chunk="00000", phase="discovery", fraction=0.57, open_ports=1, probes=6),
    event("port.found", chunk="00000", asset="10.0.0.1", protocol="tcp", port=22, service={"name": "ssh\x1b[2J"}),
    event("chunk.done", chunk="00000", attempt=1, outcome="complete", open_ports=1),
    event("alert.raised", severity="high", type="NEW_PORT", asset="10.0.0.1", protocol="tcp", port=22),
    event("scan.finished", status="partial", reason="1 chunk failed"),
]


def test_a_pipe_gets_a_line_for_each_thing_that_happened() -> None:
    out = io.StringIO()
    with view_for(Console(file=out)) as view:
        for frame in STORY:
            view.show(frame)
    assert out.getvalue().splitlines() == [
        "planned: 2 chunks, 20 cells",
        "chunk 00000 started (attempt 1): 10.0.0.1 tcp 1-10",
        "chunk 00000 discovery 50 %",
        r"open 10.0.0.1 22/tcp ssh\x1b[2J",
        "chunk 00000 complete: 1 open",
        "alert high NEW_PORT 10.0.0.1 22/tcp",
        "scan partial: 1 chunk failed",
    ]


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (event("scan.planned", chunks=1, cells=1), "planned: 1 chunk, 1 cell"),
        (event("alert.raised", severity="low", type="NEW_HOST", asset="10.0.0.9"), "alert low NEW_HOST 10.0.0.9"),
        (event("alert.raised", severity="medium", type="SCAN_FAILED", asset=""), "alert medium SCAN_FAILED"),
    ],
)
def test_a_line_says_no_more_than_there_is(told: dict[str, Any], line: str) -> None:
    assert sentence(told) == line


def test_a_terminal_gets_bars_that_count_what_is_open() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120)
    with view_for(console) as view:
        assert isinstance(view, Bars)
        for frame in STORY:
            view.show(frame)
    assert "1 open" in out.getvalue()
    assert r"ssh\x1b[2J" in out.getvalue()


def test_an_event_of_a_later_version_is_passed_over() -> None:
    assert sentence(event("something.new", x=1)) == ""
    with Lines(Console(file=io.StringIO())) as view:
        view.show(event("something.new", x=1))
