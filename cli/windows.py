"""`vedette networks window`: the hours in which a network may be scanned."""

import re
from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import open_session
from cli.terminal import safe

app = typer.Typer()

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(?:(?P<days>[a-z,-]+) )?(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)")


@app.command()
def window(
    *,
    network: Annotated[str, typer.Argument(help="Id or name.", metavar="NETWORK")],
    hours: Annotated[
        list[str] | None, typer.Option(help="As in 'mon-fri 22:00-06:00' or '01:00-05:00'; may be repeated.")
    ] = None,
    blackout: Annotated[
        list[str] | None, typer.Option(help="A day without scans, or days: 2026-12-24..2026-12-26; may be repeated.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Of the hours and days, as in Europe/Berlin.")] = "",
    always: Annotated[bool, typer.Option("--always", help="Take the window away.")] = False,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Show when a network may be scanned, or set it: what is given takes the place of all that was set.

    A scan that meets the end pauses and goes on by itself in the next hours.
    """
    if always and (hours or blackout or timezone):
        raise UsageError("--always: leave the hours and days out")
    with open_session(project=project, json=as_json) as session:
        path = ("projects", session.project, "networks", network_id(session, network))
        found = session.client.get(*path)
        if always or hours or blackout or timezone:
            asked = "none" if always else _window(hours or [], blackout or [], timezone or "UTC")
            found = session.client.patch(*path, body={"window": asked}, version=found["version"])
        if session.json:
            write_json(found["window"])
        else:
            session.console.print(f"network {safe(found['name'])}: {_told(found['window'])}")


def _window(hours: list[str], blackouts: list[str], timezone: str) -> Json:
    return {
        "timezone": timezone,
        "hours": [_hours(text) for text in hours],
        "blackouts": [_blackout(text) for text in blackouts],
    }


def _hours(text: str) -> Json:
    match = _HOURS.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"--hours: {text!r} is not as in 'mon-fri 22:00-06:00'")
    days = [day for part in (match["days"] or "").split(",") if part for day in _days(part)]
    return {"days": days, "start": match["start"], "end": match["end"]}


def _days(text: str) -> list[str]:
    first, _, last = text.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise UsageError(f"--hours: {text!r} is no day; days are {', '.join(DAYS)}")
    start, end = DAYS.index(first), DAYS.index(last or first)
    return [DAYS[(start + step) % 7] for step in range((end - start) % 7 + 1)]


def _blackout(text: str) -> Json:
    first, _, last = text.partition("..")
    return {"first": first, "last": last or first}


def _told(window: Json | None) -> str:
    if window is None:
        return "may be scanned at all hours"
    hours = [
        " ".join(part for part in (",".join(each["days"]), f"{each['start']}-{each['end']}") if part)
        for each in window["hours"]
    ]
    days = [
        each["first"] if each["last"] in (None, each["first"]) else f"{each['first']}..{each['last']}"
        for each in window["blackouts"]
    ]
    told = f"may be scanned {'; '.join(hours) or 'at all hours'} ({safe(window['timezone'])})"
    return f"{told}, not on {', '.join(days)}" if days else told
