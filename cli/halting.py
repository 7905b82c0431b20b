"""`vedette halt`, `vedette release` and `vedette limits`: the kill switches, and what the scans of a project share."""

from typing import Annotated

import typer

from cli.client import Json
from cli.errors import ApiError, UsageError
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import Session, ago, open_session
from cli.terminal import safe

Organisation = Annotated[bool, typer.Option("--organisation", help="Every project, not one.")]
NONE = "none"


def halt(
    why: Annotated[str, typer.Option(help="Why; shows the halt in force when left out.")] = "",
    organisation: Organisation = False,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Stop every scan at once, and let none begin: no packet leaves within seconds, and what was found is kept."""
    if organisation and project:
        raise UsageError("--organisation: it is every project; leave --project out")
    with open_session(project=project, json=as_json) as session:
        path = _path(session, organisation=organisation)
        found = session.client.put(*path, body={"why": why}) if why else _in_force(session, path)
        if session.json:
            write_json(found)
        elif not found:
            session.console.print("no halt is in force")
        else:
            whose = "the organisation" if found["scope"] == "ORG" else "the project"
            session.console.print(
                f"{whose} is halted by {safe(found['by'])} since {ago(found['at'])}: {safe(found['why'], limit=256)}"
            )


def release(
    why: Annotated[str, typer.Option(help="Why it may go on.")],
    organisation: Organisation = False,
    project: Project = "",
) -> None:
    """Let scans begin again. What the halt paused stays paused until it is resumed."""
    with open_session(project=project) as session:
        session.client.delete(*_path(session, organisation=organisation), why=why)
        session.console.print("released; paused scans go on by `vedette scans resume SCAN`")


def limits(
    rate: Annotated[str, typer.Option(help="Packets a second of all scans together, or none.")] = "",
    tasks: Annotated[str, typer.Option(help="Tasks at once of all scans together, or none.")] = "",
    scan_usd: Annotated[str, typer.Option(help="The most that one scan may cost in USD, or none.")] = "",
    month_usd: Annotated[str, typer.Option(help="The most that all scans of a month may cost in USD, or none.")] = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Show what all scans of the project share, or set it; running chunks keep what they have."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.get("projects", session.project)
        given: Json = {
            "rate": _number(rate, "--rate"),
            "max_tasks": _number(tasks, "--tasks"),
            "usd_a_scan": _money(scan_usd, "--scan-usd"),
            "usd_a_month": _money(month_usd, "--month-usd"),
        }
        asked = {name: value for name, value in given.items() if value != ""}
        if asked:
            body = {**found["limits"], **asked}
            found = session.client.put("projects", session.project, "limits", body=body, version=found["version"])
        if session.json:
            write_json(found["limits"])
            return
        told = {name: "any number of" if value is None else value for name, value in found["limits"].items()}
        session.console.print(f"{told['rate']} packets/s, {told['max_tasks']} tasks at once")
        session.console.print(f"{told['usd_a_scan']} USD a scan, {told['usd_a_month']} USD a month")


def _path(session: Session, *, organisation: bool) -> tuple[str, ...]:
    return ("halt",) if organisation else ("projects", session.project, "halt")


def _in_force(session: Session, path: tuple[str, ...]) -> Json:
    try:
        return session.client.get(*path)
    except ApiError as error:
        if error.slug != "not-found":
            raise
        return {}


def _number(text: str, option: str) -> int | str | None:
    """Empty where it was left out; None for no bound."""
    if text in ("", NONE):
        return None if text == NONE else ""
    if not text.isdecimal():
        raise UsageError(f"{option}: give a number, or none")
    return int(text)


def _money(text: str, option: str) -> float | str | None:
    """As above, of USD."""
    if text in ("", NONE):
        return None if text == NONE else ""
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: give an amount in USD, or none") from None
