"""`vedette rescan`: look again at one host, or at one port of it, within the network that holds it."""

import uuid
from typing import Annotated

import typer

from cli import scanning
from cli.client import Json
from cli.errors import UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import Session, open_session
from cli.why import split_cell
from functions.core.targets import parse_exclusions, parse_targets


def rescan(
    target: Annotated[
        str, typer.Argument(help="e.g. 10.0.0.1, 10.0.0.1:443 or [fd00::1]:53/udp.", metavar="HOST[:PORT]")
    ],
    network: Annotated[
        str, typer.Option(help="Id or name of the network; the one that holds the host otherwise.")
    ] = "",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Believe the first miss: close what is silent now.")
    ] = False,
    profile: Annotated[
        str, typer.Option(help="standard, discovery, thorough or connect; the network's otherwise.")
    ] = "",
    watch: Annotated[bool, typer.Option(help="Follow the scan to its end.")] = True,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Scan one host of a network again, or one port of it.

    Exit code: 0 done, 1 failed, 2 bad usage, 3 partial.
    """
    host, part = split_target(target)
    with open_session(project=project, json=as_json) as session:
        holder = network_id(session, network) if network else network_of(session, host)
        body = {"network": holder, "targets": [host], "confirm": confirm, "profile": profile, **part}
        started = session.client.post("projects", session.project, "scans", body=body, key=f"cli-{uuid.uuid4()}")
        if watch:
            ended = scanning.follow(session, started["id"], whole=True)
            raise typer.Exit(scanning.report(session, ended, asset=host))
        if session.json:
            write_json({"scan": started})
        else:
            session.console.print(f"started scan {started['id']}; follow it with `vedette watch {started['id']}`")


def split_target(text: str) -> tuple[str, Json]:
    """(host, what of it) of `10.0.0.1`, `fd00::1`, `10.0.0.1:443` or `[fd00::1]:53/udp`."""
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1], {}
    if text.count(":") == 1 or text.startswith("["):
        host, port, protocol = split_cell(text)
        return host, {"ports": str(port), "protocols": [protocol]}
    if "/" in text:
        raise UsageError("HOST[:PORT]: one host, not a network; `vedette scan` takes those")
    return text, {}


def network_of(session: Session, host: str) -> str:
    """The one network that holds the host. Raises UsageError for none, and for several."""
    networks = session.client.items("projects", session.project, "networks")
    found = [network for network in networks if _holds(network, host)]
    if len(found) == 1:
        return str(found[0]["id"])
    if not found:
        raise UsageError(f"HOST: no network of this project holds {host!r}: add it to one, or use `vedette scan`")
    names = ", ".join(repr(network["name"]) for network in found)
    raise UsageError(f"--network: {len(found)} networks hold {host!r}: give one of {names}")


def _holds(network: Json, host: str) -> bool:
    targets = parse_targets(network["targets"], field="targets", admit_loopback=True)
    return targets.without(parse_exclusions(network["exclusions"], field="exclusions")).contains(host)
