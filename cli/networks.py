"""`vedette networks`: what is watched, and the switches of each."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import Session, open_session
from cli.tables import NETWORK_COLUMNS, network_row, print_rows
from cli.terminal import safe

app = typer.Typer(help="The networks of a project.", invoke_without_command=True)

Network = Annotated[str, typer.Argument(help="Id or name.", metavar="NETWORK")]


@app.callback()
def networks(context: typer.Context, project: Project = "", as_json: AsJson = False) -> None:
    """List the networks; `create`, `edit` and `schedule` say what is scanned, how and when."""
    if context.invoked_subcommand is None:
        list_networks(project=project, as_json=as_json)


@app.command("list")
def list_networks(project: Project = "", as_json: AsJson = False) -> None:
    """List the networks."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.items("projects", session.project, "networks")
        if session.json:
            write_json({"networks": list(found)})
        else:
            print_rows(session.console, title="", columns=NETWORK_COLUMNS, rows=map(network_row, found))


@app.command()
def show(network: Network, project: Project = "", as_json: AsJson = False) -> None:
    """Everything that is set of a network."""
    with open_session(project=project, json=as_json) as session:
        found = _read(session, network)
        if session.json:
            write_json(found)
            return
        for name, value in found.items():
            session.console.print(f"{name}: {safe(_plain(value), limit=2000)}")


@app.command()
def enable(network: Network, project: Project = "") -> None:
    """Scan and watch it again."""
    _patch(network, project, {"enabled": True}, "is on")


@app.command()
def disable(network: Network, project: Project = "") -> None:
    """Neither scan nor watch it; what is known of it stays."""
    _patch(network, project, {"enabled": False}, "is off")


@app.command()
def rename(network: Network, name: Annotated[str, typer.Argument(metavar="NAME")], project: Project = "") -> None:
    """Give it another name."""
    _patch(network, project, {"name": name}, f"is named {safe(name)}")


@app.command()
def tag(
    network: Network,
    tags: Annotated[list[str] | None, typer.Argument(metavar="[TAG]...", help="None takes all away.")] = None,
    project: Project = "",
) -> None:
    """Give it these tags in place of those that it has."""
    _patch(network, project, {"tags": tags or []}, f"has the tags {', '.join(map(safe, tags or [])) or 'none'}")


@app.command()
def alerts(
    network: Network,
    settings: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Alert settings as JSON, - for standard input.", allow_dash=True),
    ] = None,
    project: Project = "",
) -> None:
    """Print its alert settings as JSON, or replace them with those in FILE."""
    if settings is not None:
        _patch(network, project, {"alerts": _settings(settings)}, "has new alert settings")
        return
    with open_session(project=project, json=True) as session:
        write_json(_read(session, network)["alerts"])


@app.command()
def clone(
    network: Network,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new network.")],
    target: Annotated[list[str] | None, typer.Option(help="In place of the original's; may be repeated.")] = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Make a network like it, with its schedule off."""
    with open_session(project=project, json=as_json) as session:
        original = network_id(session, network)
        body = {"name": name, "targets": target or []}
        made = session.client.post("projects", session.project, "networks", original, "clone", body=body)
        if session.json:
            write_json(made)
        else:
            session.console.print(f"made network {made['id']}; its schedule is off")


@app.command()
def baseline(network: Network, project: Project = "", as_json: AsJson = False) -> None:
    """Take the state as it is for the baseline: what is open, services that changed, new hosts. Their alerts resolve, and none comes of them again."""
    with open_session(project=project, json=as_json) as session:
        found = network_id(session, network)
        told, cursor = {"examined": 0, "accepted": 0, "hosts": 0}, ""
        while True:
            page = session.client.post(
                "projects", session.project, "networks", found, "baseline", body={"cursor": cursor}
            )
            told = {name: count + page[name] for name, count in told.items()}
            cursor = page["next_cursor"] or ""
            if not cursor:
                break
        if session.json:
            write_json(told)
        else:
            ports = f"examined {told['examined']} exposures, accepted {told['accepted']} as baseline"
            session.console.print(f"{ports}; accepted {told['hosts']} hosts")


@app.command()
def delete(network: Network, project: Project = "") -> None:
    """Delete a network; its history stays."""
    with open_session(project=project) as session:
        found = _read(session, network)
        session.client.delete("projects", session.project, "networks", found["id"], version=found["version"])
        session.console.print(f"network {found['id']} is deleted; its history stays")


def _read(session: Session, network: str) -> Json:
    return session.client.get("projects", session.project, "networks", network_id(session, network))


def _patch(network: str, project: str, body: Json, outcome: str) -> None:
    with open_session(project=project) as session:
        found = _read(session, network)
        path = ("projects", session.project, "networks", found["id"])
        session.client.patch(*path, body=body, version=found["version"])
        session.console.print(f"network {safe(found['name'])} {outcome}")


def _settings(path: Path) -> Any:
    try:
        return json.loads(sys.stdin.read() if str(path) == "-" else path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"FILE: {error}") from error


def _plain(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value)
