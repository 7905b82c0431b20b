"""`vedette authorities`: what may be scanned, on whose word; list, add, verify, targets, revoke."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import Session, open_session
from cli.tables import print_rows

app = typer.Typer(help="What may be scanned, on whose word and evidence, until when.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(help="Id of an authority.", metavar="AUTHORITY")]

COLUMNS = ("authority", "kind", "status", "covers", "authorized by", "until", "why")
_SHOWN = 3


@app.command("list")
def list_authorities(project: Project = "", as_json: AsJson = False) -> None:
    """List the authorities, those that ended too."""
    with open_session(project=project, json=as_json) as session:
        found = list(session.client.items("projects", session.project, "authorities"))
        if session.json:
            write_json({"authorities": found})
        else:
            print_rows(session.console, title="", columns=COLUMNS, rows=map(_row, found))


@app.command()
def add(
    by: Annotated[str, typer.Option("--by", help="Who allows it: name and office.")],
    ranges: Annotated[
        list[str] | None, typer.Option("--range", help="An address, CIDR or range; may be repeated.")
    ] = None,
    domains: Annotated[
        list[str] | None, typer.Option("--domain", help="A domain with all names below it; may be repeated.")
    ] = None,
    dns: Annotated[bool, typer.Option("--dns", help="Prove the domain by a TXT record.")] = False,
    aws: Annotated[str, typer.Option("--aws", help="ARN of a role vedette-... that reads an account.")] = "",
    regions: Annotated[
        list[str] | None, typer.Option("--region", help="Of the account, to be read; may be repeated.")
    ] = None,
    statement: Annotated[str, typer.Option(help="What is allowed, in their words.")] = "",
    reference: Annotated[str, typer.Option(help="Where that can be read again: a ticket, a contract.")] = "",
    until: Annotated[str, typer.Option(help="Its end, as in 2027-03-31; a year from now when left out.")] = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Record an authority; with --dns or --aws, say what proves it."""
    if dns and aws:
        raise UsageError("--dns, --aws: give one of them")
    draft = {
        "kind": "dns" if dns else "aws" if aws else "attestation",
        "ranges": ranges or [],
        "domains": domains or [],
        "role": aws,
        "regions": regions or [],
        "authorized_by": by,
        "statement": statement,
        "reference": reference,
        "until": _end(until).isoformat(),
    }
    with open_session(project=project, json=as_json) as session:
        made = session.client.post("projects", session.project, "authorities", body=draft)
        _tell(session, made)


@app.command()
def verify(authority: Which, project: Project = "", as_json: AsJson = False) -> None:
    """Look at its evidence now: the TXT record, or the account's inventory anew."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.post("projects", session.project, "authorities", authority, "verify")
        if session.json:
            write_json({"authority": found})
        else:
            print_rows(session.console, title="", columns=COLUMNS, rows=[_row(found)])


@app.command()
def targets(authority: Which, project: Project = "", as_json: AsJson = False) -> None:
    """What it covers, one a line, as `vedette scan` and networks take it."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.get("projects", session.project, "authorities", authority, "targets")
        if session.json:
            write_json(found)
            return
        for target in found["targets"]:
            session.console.print(target)


@app.command()
def revoke(
    authority: Which,
    why: Annotated[str, typer.Option(help="For the record.")],
    project: Project = "",
) -> None:
    """End it now: scans that lean on it stop within seconds."""
    with open_session(project=project) as session:
        where = ("projects", session.project, "authorities", authority, "revoke")
        session.client.post(*where, body={"why": why})
        session.console.print(f"revoked authority {authority}; scans that lean on it are stopping")


def _end(text: str) -> datetime:
    if not text:
        return datetime.now(UTC) + timedelta(days=365)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("--until: give a date as in 2027-03-31, or a time as in 2027-03-31T18:00:00+02:00") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _tell(session: Session, made: Json) -> None:
    if session.json:
        write_json({"authority": made})
        return
    session.console.print(f"recorded authority {made['id']}: {made['status']} until {made['until']}")
    for line in _next_steps(made):
        session.console.print(line)


def _next_steps(made: Json) -> list[str]:
    verified = f"then run `vedette authorities verify {made['id']}`"
    match made["kind"]:
        case "dns":
            name = f"_vedette-challenge.{made['domains'][0]}"
            return [f'publish the TXT record {name} with the value "{made["challenge"]}",', verified]
        case "aws":
            asked = {"StringEquals": {"sts:ExternalId": made["external_id"]}}
            return [
                f"let {made['role']} be assumed from the account where Vedette runs, on this condition:",
                json.dumps(asked),
                "and allow it ec2:DescribeAddresses, ec2:DescribeNetworkInterfaces, "
                "elasticloadbalancing:DescribeLoadBalancers;",
                verified,
            ]
    return []


def _row(authority: Json) -> tuple[str, ...]:
    covers = [*authority["ranges"], *authority["domains"], *authority["addresses"], *authority["names"]]
    more = f" and {len(covers) - _SHOWN} more" if len(covers) > _SHOWN else ""
    return (
        authority["id"],
        authority["kind"],
        authority["status"],
        ", ".join(covers[:_SHOWN]) + more,
        authority["authorized_by"],
        authority["until"],
        authority["why"],
    )
