"""`vedette exclusions`: what no project of the organisation may scan; list, add, remove."""

from typing import Annotated

import typer

from cli.client import Json
from cli.listing import write_json
from cli.options import AsJson
from cli.session import console, open_client
from cli.tables import print_rows

app = typer.Typer(help="What no project may scan, whatever its networks and authorities say.", no_args_is_help=True)

COLUMNS = ("exclusion", "targets", "reason", "by", "since")


@app.command("list")
def list_exclusions(as_json: AsJson = False) -> None:
    """List them."""
    with open_client() as client:
        found = list(client.items("exclusions"))
        if as_json:
            write_json({"exclusions": found})
        else:
            print_rows(console(), title="", columns=COLUMNS, rows=map(_row, found))


@app.command()
def add(
    target: Annotated[list[str], typer.Argument(help="Addresses, CIDRs, ranges or hostnames.", metavar="TARGET...")],
    reason: Annotated[str, typer.Option(help="Why nobody may scan it.")],
    as_json: AsJson = False,
) -> None:
    """Exclude TARGET for every project; scans that are live keep to it within seconds."""
    with open_client() as client:
        made = client.post("exclusions", body={"targets": target, "reason": reason})
        if as_json:
            write_json({"exclusion": made})
        else:
            console().print(f"recorded exclusion {made['id']}: nobody scans {', '.join(target)}")


@app.command()
def remove(
    exclusion: Annotated[str, typer.Argument(help="Its id.", metavar="EXCLUSION")],
) -> None:
    """Lift an exclusion; scans that are live keep to it."""
    with open_client() as client:
        found = client.get("exclusions", exclusion)
        client.delete("exclusions", exclusion, version=found["version"])
        console().print(f"lifted exclusion {exclusion}")


def _row(exclusion: Json) -> tuple[str, ...]:
    return (
        exclusion["id"],
        ", ".join(exclusion["targets"]),
        exclusion["reason"],
        exclusion["by"],
        exclusion["created"],
    )
