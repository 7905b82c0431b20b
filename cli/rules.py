"""`vedette rules`: what may, must not and must be open, in immutable versions."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.rule_lines import (
    RULE_COLUMNS,
    VERSION_COLUMNS,
    answered_lines,
    difference_lines,
    effect_line,
    pointer_line,
    rule_row,
    version_row,
)
from cli.session import Session, open_session
from cli.tables import print_rows
from cli.why import split_cell
from functions.core.errors import Faults, InvalidInput
from functions.core.rule import RuleSetDraft
from functions.core.rule_csv import read_csv

app = typer.Typer(help="What may, must not and must be open.", invoke_without_command=True)

Network = Annotated[str, typer.Option(help="Id or name: its own rules; the project's when left out.")]
Version = Annotated[int, typer.Option(min=1, help="A version's number.")]
Comment = Annotated[str, typer.Option(help="Why; kept with the version.")]
File = Annotated[Path, typer.Argument(help="A CSV file; - for standard input.", metavar="FILE", allow_dash=True)]


@app.callback()
def rules(context: typer.Context, network: Network = "", project: Project = "", as_json: AsJson = False) -> None:
    """List the rules that count; `--help` shows what else there is."""
    if context.invoked_subcommand is None:
        list_rules(network=network, project=project, as_json=as_json)


@app.command("list")
def list_rules(network: Network = "", project: Project = "", as_json: AsJson = False) -> None:
    """The rules that count."""
    with open_session(project=project, json=as_json) as session:
        current = session.client.get(*_path(session, network))
        if session.json:
            write_json(current)
            return
        session.console.print(pointer_line(current))
        rules = (current["rules"] or {}).get("rules", ())
        print_rows(session.console, title="", columns=RULE_COLUMNS, rows=map(rule_row, rules))


@app.command()
def show(
    version: Annotated[int, typer.Argument(min=1, help="Its number.", metavar="VERSION")],
    network: Network = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """One version, counting or not."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.get(*_path(session, network), "versions", str(version))
        if session.json:
            write_json(found)
            return
        session.console.print("  ".join(version_row(found | {"rules": len(found["rules"])})))
        print_rows(session.console, title="", columns=RULE_COLUMNS, rows=map(rule_row, found["rules"]))


@app.command()
def versions(network: Network = "", project: Project = "", as_json: AsJson = False) -> None:
    """All versions, newest first."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.items(*_path(session, network), "versions")
        if session.json:
            write_json({"versions": list(found)})
        else:
            print_rows(session.console, title="", columns=VERSION_COLUMNS, rows=map(version_row, found))


@app.command("import")
def import_rules(
    file: File,
    stage: Annotated[bool, typer.Option("--stage", help="Evaluate and count it; raise nothing.")] = False,
    default: Annotated[
        str, typer.Option(help="allow or deny, where no rule decides; as it stands when left out.")
    ] = "",
    comment: Comment = "",
    network: Network = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Replace the rules by those of a CSV file: all of them, or none where a line is faulty."""
    body: dict[str, Any] = {"csv": _read(file), "comment": comment}
    if default:
        body["default"] = default
    with open_session(project=project, json=as_json) as session:
        path = _path(session, network)
        version = session.client.get(*path)["version"]
        _told(session, session.client.put(*path, "csv", body=body, version=version, stage=stage))


@app.command("export")
def export_rules(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output when left out.")] = None,
    version: Annotated[int, typer.Option(min=0, help="A version's number; what counts when left out.")] = 0,
    network: Network = "",
    project: Project = "",
) -> None:
    """Write rules as CSV, harmless to spreadsheets."""
    with open_session(project=project) as session:
        text = session.client.text(*_path(session, network), "csv", version=version)
        if file is None:
            sys.stdout.write(text.replace("\r\n", "\n"))
        else:
            file.write_text(text, encoding="utf-8", newline="")
            session.console.print(f"wrote {file}")


@app.command()
def publish(
    version: Annotated[
        int, typer.Argument(min=0, help="Its number; the staged one when left out.", metavar="VERSION")
    ] = 0,
    network: Network = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Make a kept version count: the staged one, or an older one again."""
    with open_session(project=project, json=as_json) as session:
        path = _path(session, network)
        pointer = session.client.get(*path)
        wanted = version or pointer["staged"]
        if not wanted:
            raise UsageError("VERSION: nothing is staged; give a version")
        _told(session, session.client.put(*path, "current", body={"version": wanted}, version=pointer["version"]))


@app.command()
def stage(
    version: Annotated[int, typer.Argument(min=0, help="Its number; 0 sets aside what is staged.", metavar="VERSION")],
    network: Network = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Stage a kept version: evaluated and counted, nothing raised."""
    with open_session(project=project, json=as_json) as session:
        path = _path(session, network)
        pointer = session.client.get(*path)
        _told(session, session.client.put(*path, "staged", body={"version": version}, version=pointer["version"]))


@app.command()
def effect(
    version: Annotated[int, typer.Option(min=0, help="A version's number; the staged one when left out.")] = 0,
    network: Network = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Count the alerts that a version would raise and resolve over the inventory as it stands."""
    with open_session(project=project, json=as_json) as session:
        total = _total(session, (*_path(session, network), "effect"), version)
        if session.json:
            write_json(total)
        else:
            session.console.print(effect_line(total))


@app.command("test")
def back_test(
    network: Annotated[str, typer.Option(help="Id or name of the network whose scans are gone through.")],
    file: Annotated[
        Path | None, typer.Argument(help="Rules as CSV, kept nowhere; the default stays.", allow_dash=True)
    ] = None,
    version: Annotated[int, typer.Option(min=0, help="A kept version; the staged one when left out.")] = 0,
    scans: Annotated[int, typer.Option(min=1, max=20, help="The last N.")] = 5,
    of_project: Annotated[bool, typer.Option("--project-rules", help="Try them as the project's rules.")] = False,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Try rules on the last scans of a network: which alerts would have come and which not."""
    body: dict[str, Any] = {"scans": scans, "scope": "project" if of_project else "network"}
    if version:
        body["version"] = version
    with open_session(project=project, json=as_json) as session:
        if file is not None:
            current = session.client.get(*_path(session, "" if of_project else network))["rules"] or {}
            body["draft"] = {**_draft(file), "default": current.get("default", "allow")}
        report = session.client.post(*_path(session, network), "back-test", body=body)
        if session.json:
            write_json(report)
            return
        for line in difference_lines(report):
            session.console.print(line)


@app.command()
def why(
    cell: Annotated[str, typer.Argument(metavar="HOST:PORT", help="e.g. 10.0.0.1:443 or [fd00::1]:53/udp.")],
    network: Annotated[str, typer.Option(help="Id or name of the network.")],
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Which rule decides for a cell, and which it is more specific than."""
    host, port, protocol = split_cell(cell)
    with open_session(project=project, json=as_json) as session:
        path = _path(session, network)
        answer = session.client.get(*path, "decide", asset=host, port=port, protocol=protocol)
        if session.json:
            write_json(answer)
            return
        for line in answered_lines(answer):
            session.console.print(line)


def _path(session: Session, network: str) -> tuple[str, ...]:
    scope = ("networks", network_id(session, network)) if network else ()
    return ("projects", session.project, *scope, "rules")


def _told(session: Session, current: Json) -> None:
    if session.json:
        write_json(current)
    else:
        session.console.print(pointer_line(current))


def _total(session: Session, path: tuple[str, ...], version: int) -> Json:
    """The sum of all pages."""
    examined = kept = 0
    raised: Counter[str] = Counter()
    resolved: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        page = session.client.get(*path, version=version or None, cursor=cursor)
        examined, kept = examined + page["examined"], kept + page["kept"]
        raised.update(page["raised"])
        resolved.update(page["resolved"])
        cursor = page.get("next_cursor")
        if not cursor:
            return {"examined": examined, "kept": kept, "raised": dict(raised), "resolved": dict(resolved)}


def _draft(file: Path) -> Json:
    try:
        draft = RuleSetDraft(rules=read_csv(_read(file)))
    except Faults as faults:
        raise UsageError("\n".join(f"{field}: {message}" for field, message in faults.faults)) from None
    except InvalidInput as error:
        raise UsageError(f"{error.field}: {error.message}") from None
    return draft.model_dump(mode="json")


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"FILE: {error}") from None
