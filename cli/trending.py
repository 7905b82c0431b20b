"""`vedette trends`: how open ports, hosts and alerts went."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from cli.client import Json
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import open_session
from cli.tables import print_rows

WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NUMBERS = ("open_ports", "opened", "closed", "baseline", "hosts", "alerts", "raised", "resolved")
COLUMNS = ("from", "open", "opened", "closed", "first seen", "hosts", "alerts", "raised", "resolved")


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def trends(
    network: Annotated[str, typer.Option(help="Id or name of one network; the whole project when left out.")] = "",
    by: Annotated[Period, typer.Option(help="day, week or month.")] = Period.DAY,
    days: Annotated[int, typer.Option(min=1, max=400, help="So many days back.")] = 30,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """How many ports were open, and what opened and closed, period by period."""
    with open_session(project=project, json=as_json) as session:
        wanted = network_id(session, network) if network else None
        trend = session.client.get("projects", session.project, "trends", network=wanted, by=by.value, days=days)
        if session.json:
            write_json(trend)
            return
        charted = session.console.is_terminal
        columns = (*COLUMNS[:2], "", *COLUMNS[2:]) if charted else COLUMNS
        print_rows(session.console, title="", columns=columns, rows=rows(trend["points"], charted=charted))


def rows(points: Sequence[Json], *, charted: bool) -> list[tuple[str, ...]]:
    """One for each period; `charted`: with a bar beside the open ports."""
    most = max((point["open_ports"] for point in points), default=0)
    made = []
    for point in points:
        numbers = tuple(str(point[name]) for name in _NUMBERS)
        shown = (bar(point["open_ports"], most),) if charted else ()
        made.append((str(point["start"]), numbers[0], *shown, *numbers[1:]))
    return made


def bar(number: int, most: int) -> str:
    """As long beside the longest as the number is beside the greatest; whatever is not zero shows."""
    if number <= 0 or most <= 0:
        return ""
    eighths = max(round(number * WIDTH * 8 / most), 1)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
