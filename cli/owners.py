"""`vedette owners`: who may do everything in every project."""

from typing import Annotated

import typer

from cli.errors import UsageError
from cli.listing import write_json
from cli.members import COLUMNS, INVITATION_COLUMNS, invitation_row, member_row
from cli.options import AsJson
from cli.session import console, open_client
from cli.tables import print_rows
from cli.terminal import safe

app = typer.Typer(help="Who may do everything in every project.", no_args_is_help=True)


@app.command("list")
def list_owners(as_json: AsJson = False) -> None:
    """List the owners, without those whom their group makes owners, and the invitations that wait."""
    with open_client() as client:
        owners, waiting = list(client.items("owners")), list(client.items("owners", "invitations"))
    if as_json:
        write_json({"owners": owners, "invitations": waiting})
        return
    print_rows(console(), title="", columns=COLUMNS, rows=map(member_row, owners))
    if waiting:
        print_rows(console(), title="invited", columns=INVITATION_COLUMNS, rows=map(invitation_row, waiting))


@app.command()
def invite(
    email: Annotated[str, typer.Argument(help="Whom; they must log in with this address.")],
    days: Annotated[int, typer.Option(min=1, max=30, help="How long it may be accepted.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Invite an owner. The code is shown this once: send it to them."""
    with open_client() as client:
        made = client.post("owners", "invitations", body={"email": email, "days": days})
    if as_json:
        write_json(made)
        return
    console().print(f"{safe(made['invitation']['email'])} may become owner until {made['invitation']['until']}, by")
    console().print(f"  vedette join {made['code']}")


@app.command()
def remove(owner: Annotated[str, typer.Argument(help="Id or e-mail address of an owner.")]) -> None:
    """Make an owner one no more; what they have open closes."""
    with open_client() as client:
        found = [each for each in client.items("owners") if owner in (each["user"], each["email"])]
        if not found:
            raise UsageError(f"there is no owner {owner!r}")
        client.delete("owners", found[0]["user"])
    console().print(f"{safe(found[0]['email'])} is no owner any more")


@app.command()
def withdraw(invitation: Annotated[str, typer.Argument(help="Id of an invitation.")]) -> None:
    """Withdraw an invitation to be an owner."""
    with open_client() as client:
        client.delete("owners", "invitations", invitation)
    console().print("withdrawn")
