"""`vedette estimate`: what a scan will take and cost, before it is asked for; and what one has cost."""

from typing import Annotated

import typer

from cli.client import Json
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import open_session
from cli.terminal import safe

SERVICES = {
    "fargate": "Fargate",
    "public_ipv4": "public IPv4 addresses",
    "aws_lambda": "Lambda",
    "step_functions": "Step Functions",
    "dynamodb": "DynamoDB",
    "s3": "S3",
    "api": "API and live views",
    "logs": "logs",
    "data_out": "data out",
}
_GB = 10**9


def estimate(
    network: Annotated[str, typer.Argument(help="Id or name.", metavar="NETWORK")],
    region: Annotated[str, typer.Option(help="Where it would run; the stage's own when left out.")] = "",
    architecture: Annotated[str, typer.Option(help="x86_64 or arm64; the stage's own when left out.")] = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Say what a scan of the network will take and cost; nothing is sent."""
    asked = {"region": region or None, "architecture": architecture or None}
    with open_session(project=project, json=as_json) as session:
        path = ("projects", session.project, "networks", network_id(session, network), "estimate")
        found = session.client.get(*path, **asked)
        if session.json:
            write_json(found)
            return
        for line in lines(found):
            session.console.print(line)


def lines(found: Json) -> list[str]:
    based = "what the inventory has" if found["based_on"] == "inventory" else "a guess: nothing is known of it yet"
    return [
        f"{found['chunks']} chunks by {found['tasks']} tasks at once, in {safe(found['region'])} on {safe(found['architecture'])}",
        f"hosts       {_numbers(found['hosts'])}, open ports {_numbers(found['open_ports'])} ({based})",
        f"minutes     {_spread(found['minutes'], 1)}, {found['shortest_minutes']:,.1f} at the shortest",
        f"packets     {_numbers(found['packets'])}",
        f"data        {_spread({name: each / _GB for name, each in found['bytes_sent'].items()}, 3)} GB",
        f"USD         {_spread(found['usd'], 4)}, by list prices of {safe(found['prices'])}",
        *bill_lines(found["bill"]),
    ]


def bill_lines(bill: Json) -> list[str]:
    """The services that cost anything."""
    return [f"  {bill[name]:>9.5f} {told}" for name, told in SERVICES.items() if bill[name]]


def actual_lines(actual: Json | None) -> list[str]:
    """What a scan has used and cost; nothing where it is still going on, or was before anybody counted."""
    if not actual:
        return []
    used, bill = actual["usage"], actual["bill"]
    return [
        f"cost       {bill['total']:.5f} USD, by list prices of {safe(actual['prices'])} for {safe(actual['region'])}",
        *bill_lines(bill),
        f"used       {used['tasks']:,.0f} tasks for {used['task_seconds']:,.0f} s (a minute at least for each), "
        f"{used['lambda_requests']:,.0f} function calls, {used['transitions']:,.0f} transitions",
        f"           {used['read_units']:,.0f} read and {used['write_units']:,.0f} write units, "
        f"{used['s3_puts'] + used['s3_gets']:,.0f} requests for objects",
        f"           {used['packets']:,.0f} packets, {used['bytes_sent']:,.0f} bytes sent, {used['bytes_stored']:,.0f} bytes of results",
    ]


def in_short(found: Json) -> str:
    return f"{_spread(found['minutes'], 1)} minutes, {_spread(found['usd'], 4)} USD; `vedette estimate` tells more"


def _numbers(spread: Json) -> str:
    return _spread(spread, 0)


def _spread(spread: Json, digits: int) -> str:
    return f"{spread['expected']:,.{digits}f} ({spread['low']:,.{digits}f} to {spread['high']:,.{digits}f})"
