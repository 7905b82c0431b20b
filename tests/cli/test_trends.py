"""`vedette trends` on a pipe and on a terminal."""

import io
import json

import httpx
import pytest
from rich.console import Console

from cli.tables import print_rows
from cli.trending import COLUMNS, WIDTH, bar, rows
from tests.cli.fake_api import FakeApi, Json
from tests.cli.test_scan import Command, command

__all__ = ["command"]

EMPTY = dict.fromkeys(("open_ports", "opened", "closed", "baseline", "hosts", "alerts", "raised", "resolved"), 0)
POINTS: list[Json] = [
    {"start": "2026-11-20", "severities": {}, **EMPTY},
    {"start": "2026-11-21", "severities": {}, **EMPTY, "open_ports": 8, "opened": 9, "closed": 1, "alerts": 2},
]


class Trends(FakeApi):
    asked: dict[str, str]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/trends"):
            return super()._answer(request)
        self.asked = dict(request.url.params)
        return httpx.Response(200, json={"project": "P", "network": "", "by": "day", "points": POINTS})


def test_a_pipe_gets_a_line_a_period_without_a_chart(command: Command) -> None:
    api = Trends()
    done = command("trends", "--by", "week", "--days", "9", api=api)
    assert done.code == 0
    assert done.out == "2026-11-20" + "\t0" * 8 + "\n2026-11-21\t8\t9\t1\t0\t0\t2\t0\t0\n"
    assert api.asked == {"by": "week", "days": "9"}


def test_a_network_is_named_by_its_name(command: Command) -> None:
    api = Trends()
    api.networks = [{"id": "NET", "name": "office"}]
    command("trends", "--network", "office", api=api)
    assert api.asked["network"] == "NET"
    assert command("trends", "--network", "none", api=api).code == 2


def test_json_is_what_the_api_said(command: Command) -> None:
    assert json.loads(command("trends", "--json", api=Trends()).out)["points"] == POINTS


@pytest.mark.parametrize("words", [("--days", "0"), ("--days", "401"), ("--by", "hour")])
def test_what_the_api_would_refuse_is_wrong_usage(command: Command, words: tuple[str, ...]) -> None:
    assert command("trends", *words, api=Trends()).code == 2


def test_a_terminal_gets_a_chart_with_a_head() -> None:
    out = io.StringIO()
    terminal = Console(file=out, force_terminal=True, width=120, color_system=None)
    print_rows(terminal, title="", columns=(*COLUMNS[:2], "", *COLUMNS[2:]), rows=rows(POINTS, charted=True))
    assert "█" * WIDTH in out.getvalue()
    assert "first seen" in out.getvalue()


@pytest.mark.parametrize(
    ("number", "most", "shown"),
    [(0, 10, ""), (0, 0, ""), (-1, 5, ""), (10, 10, "█" * WIDTH), (1, 10_000, "▏"), (1, 2, "█" * 12)],
)
def test_a_bar_is_as_long_as_its_number(number: int, most: int, shown: str) -> None:
    assert bar(number, most) == shown
