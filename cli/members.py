"""`vedette members`, `invite`, `join` and `me`: who is in a project, and who you are."""

from collections.abc import Iterator
from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import Session, ago, console, open_client, open_session
from cli.tables import print_rows
from cli.terminal import safe

COLUMNS = ("user", "role", "e-mail", "name", "since")
INVITATION_COLUMNS = ("invitation", "e-mail", "role", "until", "by")
OWN_COLUMNS = ("project", "role", "since")
ROLES = ("viewer", "analyst", "operator", "admin")

app = typer.Typer(help="Who is in a project, and what they may do.", no_args_is_help=True)
Member = Annotated[str, typer.Argument(help="Id or e-mail address of a member.")]
Role = Annotated[str, typer.Argument(help=f"{', '.join(ROLES)}.")]


@app.command("list")
def list_members(project: Project = "", as_json: AsJson = False) -> None:
    """List the members, and the invitations that wait."""
    with open_session(project=project, json=as_json) as session:
        members = list(session.client.items("projects", session.project, "members"))
        waiting = list(session.client.items("projects", session.project, "invitations"))
        if session.json:
            write_json({"members": members, "invitations": waiting})
            return
        print_rows(session.console, title="", columns=COLUMNS, rows=map(member_row, members))
        if waiting:
            print_rows(session.console, title="invited", columns=INVITATION_COLUMNS, rows=map(invitation_row, waiting))


@app.command()
def role(member: Member, role: Role, project: Project = "", as_json: AsJson = False) -> None:
    """Set a member's role; it counts from their next request on."""
    with open_session(project=project, json=as_json) as session:
        found = _find(session, member)
        where = ("projects", session.project, "members", found["user"])
        changed = session.client.put(*where, body={"role": role}, version=found["version"])
        if session.json:
            write_json({"member": changed})
        else:
            session.console.print(f"{safe(changed['email'])} is {changed['role']}")


@app.command()
def remove(member: Member, project: Project = "") -> None:
    """Remove a member; what they have open closes."""
    with open_session(project=project) as session:
        found = _find(session, member)
        session.client.delete("projects", session.project, "members", found["user"], version=found["version"])
        session.console.print(f"removed {safe(found['email'])}")


@app.command()
def leave(project: Project = "") -> None:
    """Leave a project yourself."""
    with open_session(project=project) as session:
        session.client.delete("projects", session.project, "members", "me")
        session.console.print("left the project")


@app.command()
def withdraw(
    invitation: Annotated[str, typer.Argument(help="Id or e-mail address of an invitation.")], project: Project = ""
) -> None:
    """Withdraw an invitation."""
    with open_session(project=project) as session:
        waiting = session.client.items("projects", session.project, "invitations")
        for each in _matching(waiting, "id", invitation):
            session.client.delete("projects", session.project, "invitations", each["id"])
            session.console.print(f"withdrew the invitation of {safe(each['email'])}")


def invite(
    email: Annotated[str, typer.Argument(help="Whom; they must log in with this address.")],
    role: Annotated[str, typer.Option(help=f"{', '.join(ROLES)}.")] = "viewer",
    days: Annotated[int, typer.Option(min=1, max=30, help="How long it may be accepted.")] = 7,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Invite somebody to a project. The code is shown this once: send it to them."""
    with open_session(project=project, json=as_json) as session:
        body = {"email": email, "role": role, "days": days}
        made = session.client.post("projects", session.project, "invitations", body=body)
        show_invitation(session, made)


def join(
    code: Annotated[str, typer.Argument(help="vdi_..., from whoever invited you.")], as_json: AsJson = False
) -> None:
    """Accept an invitation; be logged in with the address that was invited."""
    with open_client() as client:
        member = client.post("invitations", "accept", body={"code": code})
    if as_json:
        write_json({"member": member})
    else:
        console().print(f"you are {member['role']} of {member['project']}")


def me(as_json: AsJson = False) -> None:
    """Say who you are here, and which projects you are in."""
    with open_client() as client:
        found = client.get("me")
        memberships = list(found.pop("memberships"))
        cursor = found.pop("next_cursor")
        while cursor:
            page = client.get("me", cursor=cursor)
            memberships += page["memberships"]
            cursor = page["next_cursor"]
    if as_json:
        write_json({**found, "memberships": memberships})
        return
    out = console()
    out.print(f"{found['kind']} {found['id']} {safe(found['email'] or found['name'])}")
    if found["kind"] == "token":
        out.print(f"scopes {', '.join(found['scopes'])}; project {found['project'] or 'any'}")
    if found["owner"]:
        out.print("owner: may do everything in every project")
    rows = ((each["project"], each["role"], ago(each["since"])) for each in memberships)
    print_rows(out, title="", columns=OWN_COLUMNS, rows=rows)


def show_invitation(session: Session, made: Json) -> None:
    if session.json:
        write_json(made)
        return
    invited = made["invitation"]
    session.console.print(f"{safe(invited['email'])} may become {invited['role']} until {invited['until']}, by running")
    session.console.print(f"  vedette join {made['code']}")


def member_row(member: Json) -> tuple[str, ...]:
    return (member["user"], member["role"], member["email"], member["name"], ago(member["since"]))


def invitation_row(invitation: Json) -> tuple[str, ...]:
    return (invitation["id"], invitation["email"], invitation["role"], invitation["until"], invitation["by"])


def _find(session: Session, wanted: str) -> Json:
    return _matching(session.client.items("projects", session.project, "members"), "user", wanted)[0]


def _matching(found: Iterator[Json], identifier: str, wanted: str) -> list[Json]:
    """Those with this id or e-mail address. Raises UsageError where there is none."""
    matching = [each for each in found if wanted == each[identifier] or wanted.lower() == each["email"]]
    if not matching:
        raise UsageError(f"there is no {wanted!r} in this project")
    return matching
