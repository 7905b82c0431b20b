"""`vedette scans`: what was scanned and how, chunk by chunk; cancel, delete, raw output."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer
from rich.prompt import Confirm

from cli.client import Json
from cli.errors import ApiError, CommandError, Unreachable, UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.pricing import actual_lines
from cli.scanning import see_through
from cli.session import Session, notes, open_session
from cli.tables import SCAN_COLUMNS, print_rows, scan_row
from cli.terminal import safe
from cli.view import paused

app = typer.Typer(help="The scans of a project.", invoke_without_command=True)

ScanId = Annotated[str, typer.Argument(help="The scan's id.", metavar="SCAN")]
_KINDS = frozenset({"scan", "confirm", "all"})
_REPEATS = 100
"""Of a deletion, each of which removes thousands of documents."""

CHUNK_COLUMNS = ("chunk", "status", "attempt", "covered", "open", "outcome", "what", "time", "reason")
RAW_COLUMNS = ("chunk", "attempt", "file", "bytes", "link")


Network = Annotated[str, typer.Option(help="Id or name of one network.")]
Kind = Annotated[str, typer.Option(help="scan, confirm (second looks) or all.")]
Limit = Annotated[int, typer.Option(min=1, help="The newest N.")]


@app.callback()
def scans(
    context: typer.Context,
    network: Network = "",
    kind: Kind = "all",
    limit: Limit = 20,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List the scans, newest first."""
    if context.invoked_subcommand is None:
        list_scans(network=network, kind=kind, limit=limit, project=project, as_json=as_json)


@app.command("list")
def list_scans(
    network: Network = "", kind: Kind = "all", limit: Limit = 20, project: Project = "", as_json: AsJson = False
) -> None:
    """List the scans, newest first."""
    if kind not in _KINDS:
        raise UsageError("--kind: give scan, confirm or all")
    with open_session(project=project, json=as_json) as session:
        wanted = network_id(session, network) if network else None
        asked = {"network": wanted, "kind": None if kind == "all" else kind}
        pages = session.client.items("projects", session.project, "scans", **asked)
        found = [scan for scan, _ in zip(pages, range(limit), strict=False)]
        if session.json:
            write_json({"scans": found})
        else:
            print_rows(session.console, title="", columns=SCAN_COLUMNS, rows=map(scan_row, found))


@app.command("show")
def show(scan: ScanId, project: Project = "", as_json: AsJson = False) -> None:
    """What a scan looked at, how it went, what it changed."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.get("projects", session.project, "scans", scan)
        if session.json:
            write_json(found)
            return
        for name, value in _facts(found):
            session.console.print(f"{name:<10} {safe(value, limit=400)}")
        for line in actual_lines(found.get("actual")):
            session.console.print(line)


@app.command("chunks")
def chunks(scan: ScanId, project: Project = "", as_json: AsJson = False) -> None:
    """The chunks of a scan: who owns which cells, and what became of them."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.items("projects", session.project, "scans", scan, "chunks")
        if session.json:
            write_json({"chunks": list(found)})
        else:
            print_rows(session.console, title="", columns=CHUNK_COLUMNS, rows=map(_chunk_row, found))


@app.command("cancel")
def cancel(scan: ScanId, project: Project = "") -> None:
    """Stop a live scan; what was found is kept."""
    with open_session(project=project) as session:
        session.client.post("projects", session.project, "scans", scan, "cancel")
        session.console.print(f"scan {scan} is being cancelled; what was found is kept")


@app.command("pause")
def pause(scan: ScanId, project: Project = "") -> None:
    """Hold a live scan; what was found is kept, and `resume` goes on with the rest."""
    with open_session(project=project) as session:
        session.client.post("projects", session.project, "scans", scan, "pause")
        session.console.print(f"scan {scan} is being paused; `vedette scans resume {scan}` lets it go on")


@app.command("resume")
def resume(scan: ScanId, project: Project = "") -> None:
    """Let a paused scan go on with what is unfinished."""
    with open_session(project=project) as session:
        found = session.client.post("projects", session.project, "scans", scan, "resume")
        if found["status"] == "paused":
            session.console.print(f"scan {scan} stays {paused(found)}")
        else:
            session.console.print(f"scan {scan} goes on (run {found['run']}); follow it with `vedette watch {scan}`")


@app.command("redrive")
def redrive(
    scan: ScanId,
    watch: Annotated[bool, typer.Option(help="Follow the scan to its end.")] = True,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Scan again what an ended scan did not cover, and nothing else of it."""
    with open_session(project=project, json=as_json) as session:
        session.client.post("projects", session.project, "scans", scan, "redrive")
        raise typer.Exit(see_through(session, scan, watch=watch))


@app.command("delete")
def delete(
    scan: ScanId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    project: Project = "",
) -> None:
    """Remove a scan that has ended, with its results and raw output; what it found out stays in the inventory."""
    with open_session(project=project) as session:
        found = session.client.get("projects", session.project, "scans", scan)
        if not yes and not Confirm.ask(
            f"Delete scan {found['id']} and all its documents?", default=False, console=notes()
        ):
            raise CommandError("nothing was deleted")
        _delete(session, found)
        session.console.print(f"scan {scan} is deleted; the inventory keeps what it found out")


@app.command("raw")
def raw(
    scan: ScanId,
    chunk: Annotated[str, typer.Argument(help="One chunk; all of them when left out.", metavar="[CHUNK]")] = "",
    into: Annotated[Path | None, typer.Option(help="Download into this folder instead of printing links.")] = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """What the tools themselves put out: links that are good for five minutes, or the files."""
    with open_session(project=project, json=as_json) as session:
        if into:
            into.mkdir(parents=True, exist_ok=True)
        found: list[Json] = []
        for name in [chunk] if chunk else _chunk_names(session, scan):
            answer = session.client.get("projects", session.project, "scans", scan, "chunks", name, "raw")
            files = [{"chunk": name, **file} for file in answer["items"]]
            found += [file | {"path": str(_download(file, scan, into))} for file in files] if into else files
        if session.json:
            write_json({"files": found})
        else:
            print_rows(session.console, title="", columns=RAW_COLUMNS, rows=map(_raw_row, found))


def _chunk_names(session: Session, scan: str) -> list[str]:
    return [chunk["chunk"] for chunk in session.client.items("projects", session.project, "scans", scan, "chunks")]


def _download(file: Json, scan: str, folder: Path) -> Path:
    path = folder / f"{Path(scan).name}-{file['chunk']}-{file['attempt']}-{Path(file['name']).name}"
    try:
        with httpx.stream("GET", file["url"], timeout=60, trust_env=False) as response, path.open("wb") as kept:
            response.raise_for_status()
            for part in response.iter_raw():
                kept.write(part)
    except httpx.HTTPError as error:
        raise Unreachable(f"{urlsplit(file['url']).hostname} did not give {file['name']}: {error}") from error
    return path


def _delete(session: Session, scan: Json) -> None:
    """Each request removes a part; the record goes last."""
    for _ in range(_REPEATS):
        try:
            session.client.delete("projects", session.project, "scans", scan["id"], version=scan["version"])
        except ApiError as error:
            if error.slug != "unavailable":
                raise
        else:
            return
    raise CommandError("a part of the scan is still there: run the command again")


def _facts(scan: Json) -> list[tuple[str, object]]:
    snapshot, counts = scan["snapshot"], scan["counts"]
    cells = snapshot.get("cells") or ()
    looked_at = f"{len(cells)} cells" if cells else f"{', '.join(snapshot['targets'])} ports {snapshot['ports']}"
    changed = ("opened", "reopened", "changed", "closed", "baseline")
    facts = [
        ("scan", scan["id"]),
        ("kind", scan["kind"]),
        ("network", scan["network"]),
        ("status", scan["status"]),
        ("cause", f"{scan['cause']['kind']} ({scan['cause']['principal']})"),
        ("looked at", looked_at),
        ("excluded", ", ".join(snapshot["exclusions"])),
        ("protocols", ", ".join(snapshot["protocols"])),
        ("profile", f"{snapshot['profile']['name']}, {snapshot['rate']} packets/s"),
        ("deadline", f"{minutes} minutes" if (minutes := snapshot.get("deadline_minutes")) else ""),
        ("held", paused(scan) if scan["status"] == "paused" else ""),
        ("asked to", scan.get("stop_why") if scan["status"] != "paused" else ""),
        ("run", scan.get("run")),
        ("created", scan["created"]),
        ("started", scan["started"]),
        ("ended", scan["ended"]),
        ("chunks", f"{counts['chunks_ingested']} of {counts['chunks']} ingested, {counts['chunks_failed']} failed"),
        ("cells", f"{counts['cells_covered']} of {counts['cells']} covered{_missed(counts)}"),
        ("found", f"{counts['open_ports']} open ports on {counts['hosts_up']} hosts"),
        ("changes", ", ".join(f"{counts[name]} {name}" for name in changed)),
        ("reason", scan["reason"]),
        ("version", scan["version"]),
    ]
    return [(name, value) for name, value in facts if value]


def _missed(counts: Json) -> str:
    rate, untold = counts.get("miss_rate"), counts.get("cells_untold", 0)
    told = "" if rate is None else f"; by samples, {rate:.2%} of open ports may be missed"
    return told + (f"; samples of {untold} cells had no answers to tell by how many may be missed" if untold else "")


def _chunk_row(chunk: Json) -> tuple[str, ...]:
    counts = chunk["counts"]
    return (
        chunk["chunk"],
        chunk["status"],
        str(chunk["attempt"]),
        f"{counts['cells_covered']}/{chunk['cells']}",
        str(counts["open_ports"]),
        chunk["outcome"],
        chunk["summary"],
        _times(chunk),
        chunk["reason"],
    )


def _times(chunk: Json) -> str:
    """Seconds of each phase from its start to its end, and how many of them its runs were at work, all added up."""
    return ", ".join(f"{each['phase']} {each['wall_s']:.0f} s ({each['busy_s']:.0f})" for each in chunk["times"])


def _raw_row(file: Json) -> tuple[str, ...]:
    return file["chunk"], str(file["attempt"]), file["name"], str(file["size"]), str(file.get("path", file["url"]))
