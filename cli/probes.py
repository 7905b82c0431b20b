"""`vedette did-you-scan`: which scan sent what somebody saw, who asked for it, and on whose word."""

from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import DEFAULT_PROJECT, console, find_project, open_client
from cli.tables import print_rows
from cli.times import in_past

COLUMNS = ("from", "until", "source", "project", "scan", "chunk", "asked by", "authorities", "what")


def did_you_scan(
    source: Annotated[str, typer.Option(help="The address of ours that they saw.")] = "",
    target: Annotated[str, typer.Option(help="Their address or hostname.")] = "",
    at: Annotated[str, typer.Option(help="When, give or take a quarter of an hour: a time, or how long ago.")] = "",
    organisation: Annotated[bool, typer.Option("--organisation", help="Scans of every project.")] = False,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Say which scans may have sent what somebody saw. Exit code 1 where none did."""
    if not (source or target):
        raise UsageError("give --source, --target, or both")
    if organisation and project:
        raise UsageError("--organisation: leave out --project")
    with open_client() as client:
        path = () if organisation else ("projects", find_project(client, project or DEFAULT_PROJECT))
        found = client.get(
            *path,
            "probes",
            source=source or None,
            target=target or None,
            at=in_past(at, option="--at") if at else None,
        )["items"]
    if as_json:
        write_json({"probes": found})
    else:
        print_rows(console(), title="", columns=COLUMNS, rows=map(_row, found))
    if not found:
        raise typer.Exit(1)


def _row(probing: Json) -> tuple[str, ...]:
    cause = probing["cause"] or {}
    return (
        probing["since"],
        probing["until"] or "still at it",
        ", ".join(probing["sources"]),
        probing["project"],
        probing["scan"],
        probing["chunk"],
        f"{cause.get('kind', '')} {cause.get('principal', '')}".strip(),
        ", ".join(each["id"] for each in probing["authorities"]),
        probing["summary"],
    )
