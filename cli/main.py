"""The `vedette` command: each subcommand is one call of the API and one way to print it."""

import json
import sys
from typing import Annotated

import typer

from cli import (
    alerting,
    auditing,
    authorities,
    channels,
    deployment,
    diffing,
    exclusions,
    exporting,
    halting,
    history,
    hosts,
    listing,
    login,
    members,
    network_edits,
    networks,
    owners,
    pricing,
    probes,
    profiles,
    rescan,
    rules,
    scanning,
    tokens,
    trending,
    triage,
    windows,
)
from cli import scans as scan_commands
from cli import why as whys
from cli.errors import FAILED, CommandError
from cli.options import AsJson, Project
from cli.session import console, notes, open_session

app = typer.Typer(
    name="vedette",
    help="Watches what networks expose.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
alerting.app.add_typer(triage.app)
networks.app.add_typer(network_edits.app)
networks.app.add_typer(windows.app)
app.add_typer(alerting.app, name="alerts")
app.add_typer(auditing.app, name="audit")
app.add_typer(authorities.app, name="authorities")
app.add_typer(channels.app, name="channels")
app.add_typer(exclusions.app, name="exclusions")
app.add_typer(hosts.app, name="hosts")
app.add_typer(members.app, name="members")
app.add_typer(networks.app, name="networks")
app.add_typer(owners.app, name="owners")
app.add_typer(rules.app, name="rules")
app.add_typer(scan_commands.app, name="scans")
app.add_typer(tokens.app, name="tokens")
app.command()(login.login)
app.command()(login.logout)
app.command()(exporting.export)
app.command()(halting.halt)
app.command()(halting.limits)
app.command()(halting.release)
app.command()(pricing.estimate)
app.command()(probes.did_you_scan)
app.command()(profiles.profiles)
app.command()(history.history)
app.command()(members.invite)
app.command()(members.join)
app.command()(members.me)
app.command()(trending.trends)
app.command()(diffing.diff)
app.command()(rescan.rescan)


@app.command()
def up() -> None:
    """Bring the platform up on this machine: embedded AWS, deployed app, first admin token."""
    deployment.up(console())


@app.command()
def down() -> None:
    """Stop the platform on this machine; its state is kept."""
    deployment.down(console())


@app.command()
def status(as_json: AsJson = False) -> None:
    """What of the platform runs on this machine."""
    raise typer.Exit(deployment.status(console(), as_json=as_json))


@app.command()
def bootstrap(
    stage: Annotated[str, typer.Option(help="The deployed stage.")] = "dev",
    name: Annotated[str, typer.Option(help="What the token is called in lists.")] = "bootstrap",
) -> None:
    """Make the first admin token of a deployed stage, with your AWS credentials; it is shown once."""
    deployment.bootstrap(console(), stage=stage, name=name)


@app.command()
def redrive(
    stage: Annotated[str, typer.Option(help="The deployed stage; `local` for this machine.")] = "dev",
) -> None:
    """Give failed stream records and dead letters to their consumers again, with your AWS credentials."""
    raise typer.Exit(deployment.redrive(console(), stage=stage))


@app.command()
def scan(
    target: Annotated[list[str], typer.Argument(help="Addresses, CIDRs, ranges or hostnames.", metavar="TARGET...")],
    ports: Annotated[str, typer.Option(help="e.g. 1-1024,8080,!25 or top-100.")] = "top-1000",
    profile: Annotated[str, typer.Option(help="standard, discovery, thorough or connect.")] = "standard",
    rate: Annotated[int, typer.Option(help="Packets per second for the whole network.")] = 1000,
    udp: Annotated[bool, typer.Option("--udp", help="Scan UDP too.")] = False,
    exclude: Annotated[list[str] | None, typer.Option(help="Never probe these; may be repeated.")] = None,
    watch: Annotated[bool, typer.Option(help="Follow the scan to its end.")] = True,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Scan TARGET as a network of its own, live, and print what is open.

    Exit code: 0 done, 1 failed, 2 bad usage, 3 partial, cancelled or paused.
    """
    draft = {
        "name": " ".join(target)[:100],
        "targets": target,
        "ports": ports,
        "protocols": ["tcp", "udp"] if udp else ["tcp"],
        "profile": profile,
        "rate": rate,
        **({"exclusions": exclude} if exclude else {}),
    }
    with open_session(project=project, json=as_json) as session:
        network = scanning.ensure_network(session.client, session.project, draft)
        started = scanning.start(session, network["id"])
        raise typer.Exit(scanning.see_through(session, started["id"], watch=watch, whole=True))


@app.command()
def watch(
    scan: Annotated[str, typer.Argument(help="The scan's id.", metavar="SCAN")],
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Follow a scan live to its end and print what is open."""
    with open_session(project=project, json=as_json) as session:
        raise typer.Exit(scanning.see_through(session, scan, watch=True))


@app.command()
def ports(
    network: Annotated[str, typer.Option(help="Id or name of one network.")] = "",
    address: Annotated[str, typer.Option(help="One address.")] = "",
    cidr: Annotated[str, typer.Option(help="A block of addresses.")] = "",
    port: Annotated[int | None, typer.Option(help="One port.")] = None,
    service: Annotated[str, typer.Option(help="A service's name.")] = "",
    state: Annotated[str, typer.Option(help="open, suspect, flapping, closed, present or all.")] = "open",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """The inventory: what is open, since when."""
    with open_session(project=project, json=as_json) as session:
        listing.ports(session, network=network, address=address, cidr=cidr, port=port, service=service, state=state)


@app.command()
def why(
    cell: Annotated[str, typer.Argument(metavar="HOST:PORT", help="e.g. 10.0.0.1:443 or [fd00::1]:53/udp.")],
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """When a cell was last probed, how, what it answered, by which scan."""
    host, port, protocol = whys.split_cell(cell)
    with open_session(project=project, json=as_json) as session:
        answer = session.client.get("projects", session.project, "why", asset=host, port=port, protocol=protocol)
        if session.json:
            sys.stdout.write(json.dumps(answer, indent=2) + "\n")
            return
        for line in whys.lines(answer):
            session.console.print(line)


def main() -> None:
    """Run the command; errors become one line on standard error and an exit code."""
    try:
        app()
    except CommandError as error:
        notes().print(f"vedette: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(FAILED)
