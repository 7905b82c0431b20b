"""`vedette hosts`: the assets that answered, and what users say of them."""

from collections.abc import Iterator
from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import Session, ago, open_session
from cli.tables import PORT_COLUMNS, port_row, print_rows
from cli.terminal import safe

app = typer.Typer(help="The hosts of a project.", invoke_without_command=True)

Host = Annotated[str, typer.Argument(metavar="HOST", help="An address or a hostname.")]
Network = Annotated[str, typer.Option(help="Id or name of one network.")]

COLUMNS = ("host", "name", "network", "reachable", "system", "tags", "first seen")


Address = Annotated[str, typer.Option(help="One address or hostname.")]
Cidr = Annotated[str, typer.Option(help="A block of addresses.")]
Tag = Annotated[str, typer.Option(help="Those with this tag.")]
Up = Annotated[bool | None, typer.Option("--up/--down", help="Those that answer, or no longer do.")]


@app.callback()
def hosts(
    *,
    context: typer.Context,
    network: Network = "",
    address: Address = "",
    cidr: Cidr = "",
    tag: Tag = "",
    up: Up = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List the hosts."""
    if context.invoked_subcommand is None:
        list_hosts(network=network, address=address, cidr=cidr, tag=tag, up=up, project=project, as_json=as_json)


@app.command("list")
def list_hosts(
    *,
    network: Network = "",
    address: Address = "",
    cidr: Cidr = "",
    tag: Tag = "",
    up: Up = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List the hosts."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.items(
            "projects",
            session.project,
            "hosts",
            network=network_id(session, network) if network else None,
            address=address or None,
            cidr=cidr or None,
            tag=tag or None,
            up=up,
        )
        if session.json:
            write_json({"hosts": list(found)})
        else:
            print_rows(session.console, title="", columns=COLUMNS, rows=map(_row, found))


@app.command()
def show(host: Host, project: Project = "", as_json: AsJson = False) -> None:
    """Which networks saw it, what they know of it, and what is open there."""
    with open_session(project=project, json=as_json) as session:
        found = list(session.client.items("projects", session.project, "addresses", host))
        if session.json:
            write_json({"networks": found})
            return
        if not found:
            session.console.print("No network of this project has ever seen it.")
        for each in found:
            for line in _lines(each):
                session.console.print(line)
            print_rows(session.console, title="", columns=PORT_COLUMNS, rows=map(port_row, each["exposures"]))


@app.command()
def edit(
    host: Host,
    network: Network = "",
    name: Annotated[str | None, typer.Option(help="What you call it.")] = None,
    comment: Annotated[str | None, typer.Option()] = None,
    tag: Annotated[list[str] | None, typer.Option(help="In place of its tags; may be repeated, '' for none.")] = None,
    project: Project = "",
) -> None:
    """Give a host a name, a comment or tags."""
    body: Json = {"name": name, "comment": comment, "tags": None if tag is None else [each for each in tag if each]}
    body = {field: value for field, value in body.items() if value is not None}
    if not body:
        raise UsageError("give --name, --comment or --tag")
    with open_session(project=project) as session:
        for path in _paths(session, host, network):
            known = session.client.get(*path)
            session.client.patch(*path, body=body, version=known["version"])
        session.console.print(f"{safe(host)} is edited")


def _paths(session: Session, host: str, network: str) -> Iterator[tuple[str, ...]]:
    """Of the host in the network named, or in every one that saw it."""
    if network:
        found = [network_id(session, network)]
    else:
        sightings = session.client.items("projects", session.project, "addresses", host)
        found = [each["network"] for each in sightings if each["host"]]
    if not found:
        raise UsageError(f"HOST: no network of this project has ever seen {host}")
    for each in found:
        yield ("projects", session.project, "networks", each, "hosts", host)


def _row(host: Json) -> tuple[str, ...]:
    names = host["name"] or ", ".join((*host["names"], *host["certificate_names"])[:3])
    return (
        host["asset"],
        names,
        host["network"],
        _reachable(host),
        host["os"] or host["vendor"],
        ", ".join(host["tags"]),
        ago(host["first_seen"]),
    )


def _reachable(host: Json) -> str:
    if host["answers_everything"]:
        return "answers on everything"
    return "up" if host["up"] else "down"


def _lines(sighting: Json) -> Iterator[str]:
    yield f"In network {safe(sighting['name'])}:"
    host = sighting["host"]
    if not host:
        return
    told = {
        "name": host["name"],
        "names": ", ".join((*host["names"], *host["certificate_names"])),
        "reachable": f"{_reachable(host)} ({host['reason']})" if host["reason"] else _reachable(host),
        "mac": " ".join((host["mac"], host["vendor"])).strip(),
        "system": host["os"],
        "comment": host["comment"],
        "tags": ", ".join(host["tags"]),
        "first seen": f"{ago(host['first_seen'])} ({host['first_seen']})",
        "last seen": f"{ago(sighting['last_seen'])} ({sighting['last_seen']})",
        "accepted": f"{ago(host['accepted'])} by {host['accepted_by']}" if host["accepted"] else "",
        "edited": f"{ago(host['edited'])} by {host['edited_by']}" if host["edited"] else "",
    }
    yield from (f"  {name}: {safe(value, limit=500)}" for name, value in told.items() if value)
