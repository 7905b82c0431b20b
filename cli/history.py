"""`vedette history ADDRESS[:PORT]`: what was seen there, across networks, newest first."""

from itertools import islice
from typing import Annotated

import typer

from cli.client import Json
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import open_session
from cli.tables import print_rows
from cli.terminal import proven_text
from cli.why import answer_word, split_cell

COLUMNS = ("time", "network", "host", "port", "what", "state", "details", "scan")
MOST = 10_000


def history(
    subject: Annotated[
        str, typer.Argument(metavar="ADDRESS[:PORT]", help="e.g. 10.0.0.1, 10.0.0.1:443, fd00::1 or [fd00::1]:53/udp.")
    ],
    network: Annotated[str, typer.Option(help="Id or name of one network; all of them when left out.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="The newest N.")] = 50,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """What was seen at an address or at one of its ports, newest first."""
    host, port, protocol = split_subject(subject)
    with open_session(project=project, json=as_json) as session:
        base = ("projects", session.project)
        path = (*base, "networks", network_id(session, network), "hosts") if network else (*base, "addresses")
        pages = session.client.items(*path, host, "history", port=port, protocol=protocol)
        told = sorted(islice(pages, MOST), key=lambda entry: str(entry["at"]), reverse=True)[:limit]
        if session.json:
            write_json({"history": told})
        else:
            print_rows(session.console, title="", columns=COLUMNS, rows=map(_row, told))


def split_subject(text: str) -> tuple[str, int | None, str | None]:
    """(host, port, protocol); without a port the last two are None."""
    bare = text.removeprefix("[").removesuffix("]")
    if text.count(":") == 1 or "]:" in text:
        return split_cell(text)
    return bare, None, None


def _row(entry: Json) -> tuple[str, ...]:
    return (
        entry["at"],
        entry["network"],
        entry["asset"],
        "" if entry["port"] is None else f"{entry['port']}/{entry['protocol']}",
        _event(entry),
        entry["state"] or "",
        _details(entry),
        entry["scan"],
    )


def _event(entry: Json) -> str:
    """A miss or an end with what the cell answered."""
    event, answer = entry["event"].replace("_", " "), (entry.get("change") or {}).get("answer")
    return event if answer in {None, "open"} else f"{event}: {answer_word(answer)}"


def _details(entry: Json) -> str:
    if entry["fields"] or entry["by"]:
        changes = "; ".join(f"{each['field']}: {each['before']} -> {each['after']}" for each in entry["fields"])
        return " ".join(each for each in (changes, f"by {entry['by']}" if entry["by"] else "") if each)
    after = proven_text(entry["service"])
    return f"{proven_text(entry['previous_service'])} -> {after}" if entry["previous_service"] else after
