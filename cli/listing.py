"""Lists: ports of the inventory, networks."""

import json
import sys
from collections.abc import Iterable

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.options import AsJson, Project
from cli.session import Session, open_session
from cli.tables import (
    NETWORK_COLUMNS,
    PORT_COLUMNS,
    network_row,
    port_row,
    print_rows,
)

networks = typer.Typer(help="The networks of a project.", invoke_without_command=True)


def write_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def ports(
    session: Session, *, network: str, address: str, cidr: str, port: int | None, service: str, state: str
) -> None:
    if state not in {"open", "closed", "all"}:
        raise UsageError("--state: give open, closed or all")
    found = session.client.items(
        "projects",
        session.project,
        "exposures",
        network=network_id(session, network) if network else None,
        address=address or None,
        cidr=cidr or None,
        port=port,
        service=service or None,
        state=None if state == "all" else state,
    )
    if session.json:
        write_json({"ports": list(found)})
        return
    print_rows(session.console, title="", columns=PORT_COLUMNS, rows=map(port_row, found))


def network_id(session: Session, wanted: str) -> str:
    """The id of the network with this id or name. Raises UsageError where there is none."""
    for network in session.client.items("projects", session.project, "networks"):
        if wanted in {network["id"], network["name"]}:
            return str(network["id"])
    raise UsageError(f"--network: there is no network {wanted!r} in this project")


@networks.callback()
def list_networks(project: Project = "", as_json: AsJson = False) -> None:
    """List the networks."""
    with open_session(project=project, json=as_json) as session:
        found: Iterable[Json] = session.client.items("projects", session.project, "networks")
        if session.json:
            write_json({"networks": list(found)})
        else:
            print_rows(session.console, title="", columns=NETWORK_COLUMNS, rows=map(network_row, found))
