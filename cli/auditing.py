"""`vedette audit`: who changed what, and whether the log still says what it said."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Annotated, Any

import typer

from cli.client import Client, Json
from cli.errors import FAILED, UsageError
from cli.exporting import download
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import DEFAULT_PROJECT, console, find_project, notes, open_client
from cli.tables import print_rows
from cli.times import in_past
from functions.core.seal import HOUR, Fault, Seal, chain_faults, compare, hour_text, read_seal

COLUMNS = ("time", "who", "from", "what", "id", "done", "changes", "request")
SEAL_COLUMNS = ("hour", "bytes")
MOST = 10_000
_LATE = timedelta(hours=1, minutes=15)
"""After the end of an hour, until its seal must be there."""

app = typer.Typer(help="Who changed what, and proof that the log was not changed since.", no_args_is_help=True)


@app.command("list")
def list_entries(
    organisation: Annotated[bool, typer.Option("--organisation", help="What belongs to no project.")] = False,
    by: Annotated[str, typer.Option(help="An id of a user or token, or a name.")] = "",
    subject: Annotated[str, typer.Option("--of", help="A kind of thing, e.g. network, or the id of one.")] = "",
    since: Annotated[str, typer.Option(help="A time, or how long ago: 12h, 7d.")] = "",
    until: Annotated[str, typer.Option(help="A time, or how long ago.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="The newest N.")] = 50,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Who changed what, newest first."""
    if organisation and project:
        raise UsageError("--organisation: leave out --project")
    with open_client() as client:
        path = () if organisation else ("projects", find_project(client, project or DEFAULT_PROJECT))
        found = client.items(
            *path,
            "audit",
            by=by or None,
            subject=subject or None,
            since=in_past(since, option="--since") if since else None,
            until=in_past(until, option="--until") if until else None,
        )
        told = list(islice(found, limit))
    if as_json:
        write_json({"entries": told})
    else:
        print_rows(console(), title="", columns=COLUMNS, rows=map(_row, told))


@app.command()
def seals(as_json: AsJson = False) -> None:
    """The hours that are sealed, oldest first."""
    with open_client() as client:
        found = list(client.items("audit", "seals"))
    if as_json:
        write_json({"seals": found})
    else:
        print_rows(
            console(), title="", columns=SEAL_COLUMNS, rows=((each["hour"], str(each["size"])) for each in found)
        )


@app.command()
def verify(
    head: Annotated[str, typer.Option(help="A head that an earlier verify told: the chain must still hold it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compute every seal's chain anew and compare the log with what was sealed. Exit code 1 where anything was changed."""
    with open_client() as client:
        found = examine(client, known=head, now=datetime.now(UTC))
    if as_json:
        write_json(found)
    else:
        rows = ((each["hour"], each["kind"], each["entry"], each["text"]) for each in found["faults"])
        print_rows(console(), title="", columns=("hour", "fault", "entry", "what"), rows=rows)
        notes().print(
            f"{found['seals']} hours with {found['entries']} entries, {len(found['faults'])} faults; "
            f"{found['unsealed']} entries are not sealed yet; head {found['head'] or 'none'}"
        )
    if found["faults"]:
        raise typer.Exit(FAILED)


def examine(client: Client, *, known: str, now: datetime) -> Json:
    """Every seal, from the first to the last, each against the one before and against the log as it is now."""
    before: Seal | None = None
    faults: list[Fault] = []
    heads: set[str] = set()
    entries = count = 0
    for seal in _seals(client):
        faults += [*seal.faults, *chain_faults(before, seal), *compare(seal, _records(client, seal.hour))]
        heads.add(seal.head)
        entries, count, before = entries + len(seal.records), count + 1, seal
    faults += _of_the_end(before, known, heads, now)
    return {
        "seals": count,
        "entries": entries,
        "unsealed": _unsealed(client, before, now),
        "head": before.head if before else "",
        "faults": [fault.model_dump(mode="json") for fault in faults],
    }


def _of_the_end(last: Seal | None, known: str, heads: set[str], now: datetime) -> Iterator[Fault]:
    where = hour_text(last.hour) if last else ""
    if known and known not in heads:
        yield Fault(hour=where, kind="gap", text="no seal has the head that was known: the chain was made anew or cut")
    if last and now > last.hour + HOUR + _LATE:
        yield Fault(hour=where, kind="gap", text="no hour after this one is sealed, though some have ended long ago")


def _seals(client: Client) -> Iterator[Seal]:
    for each in client.items("audit", "seals"):
        document = BytesIO()
        download(each["url"], document)
        yield read_seal(datetime.fromisoformat(each["hour"]), document.getvalue())


def _records(client: Client, hour: datetime) -> Iterator[dict[str, Any]]:
    return client.items("audit", "hours", hour_text(hour))


def _unsealed(client: Client, last: Seal | None, now: datetime) -> int:
    """Of the hours since, at most a day of them."""
    hour = max(last.hour + HOUR, now - 24 * HOUR) if last else now - HOUR
    total = 0
    while hour <= now:
        total += sum(1 for _ in _records(client, hour))
        hour += HOUR
    return total


def _row(entry: Json) -> tuple[str, ...]:
    return (
        entry["at"],
        entry["name"] or entry["principal"],
        entry["source"],
        entry["subject"],
        entry["subject_id"],
        entry["verb"],
        ", ".join(_change(name, entry) for name in sorted({*entry["before"], *entry["after"]})),
        entry["request"],
    )


def _change(name: str, entry: Json) -> str:
    if entry["verb"] != "update":
        return name
    return f"{name}: {entry['before'].get(name)} -> {entry['after'].get(name)}"
