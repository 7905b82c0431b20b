"""`vedette tokens`: what machines call the API with; list, make, rotate, revoke."""

from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import Session, ago, open_session
from cli.tables import print_rows
from cli.times import in_future

app = typer.Typer(help="What machines call the API with.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(help="Id, prefix or name of a token.", metavar="TOKEN")]
Organisation = Annotated[bool, typer.Option("--organisation", help="Tokens that reach every project; owners only.")]

COLUMNS = ("prefix", "name", "scopes", "state", "expires", "last used", "made by")


@app.command("list")
def list_tokens(organisation: Organisation = False, project: Project = "", as_json: AsJson = False) -> None:
    """List the tokens; none of their secrets can be had again."""
    with open_session(project=project, json=as_json) as session:
        found = list(session.client.items(*_where(session, organisation)))
        if session.json:
            write_json({"tokens": found})
        else:
            print_rows(session.console, title="", columns=COLUMNS, rows=map(_row, found))


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="What the token is called in lists.")],
    scopes: Annotated[
        list[str],
        typer.Option("--scope", help="read, triage, scan or admin; may be repeated, at most what you may do."),
    ],
    expires: Annotated[
        str | None, typer.Option(help="When it ends: a time, or as in 90d; never when left out.")
    ] = None,
    requests: Annotated[int | None, typer.Option(help="At most so many requests a minute.")] = None,
    organisation: Organisation = False,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Make a token. It is shown this once."""
    draft: Json = {"name": name, "scopes": scopes, "requests_per_minute": requests}
    if expires:
        draft["expires"] = in_future(expires, option="--expires")
    with open_session(project=project, json=as_json) as session:
        _show(session, session.client.post(*_where(session, organisation), body=draft))


@app.command()
def rotate(
    token: Which,
    overlap: Annotated[int, typer.Option(help="Minutes that the secret before goes on for; 0 ends it at once.")] = 0,
    organisation: Organisation = False,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Replace a token's secret, shown this once. Its live connections are closed."""
    with open_session(project=project, json=as_json) as session:
        found = _find(session, token, organisation)
        where = (*_where(session, organisation), found["id"], "rotate")
        _show(session, session.client.post(*where, body={"overlap_minutes": overlap}, version=found["version"]))


@app.command()
def revoke(token: Which, organisation: Organisation = False, project: Project = "") -> None:
    """End a token at once, and the live connections that it opened within seconds."""
    with open_session(project=project) as session:
        found = _find(session, token, organisation)
        session.client.delete(*_where(session, organisation), found["id"])
        session.console.print(f"revoked token {found['prefix']}")


def _where(session: Session, organisation: bool) -> tuple[str, ...]:
    return ("tokens",) if organisation else ("projects", session.project, "tokens")


def _find(session: Session, wanted: str, organisation: bool) -> Json:
    """One that has not been revoked, where several have the name."""
    listed = session.client.items(*_where(session, organisation))
    found = [each for each in listed if wanted in {each["id"], each["prefix"], each["name"]}]
    standing = [each for each in found if not each["revoked"]]
    if len(found) > 1 and standing:
        found = standing
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} tokens are named {wanted!r}; give the id")
    raise UsageError(f"there is no token {wanted!r} here; the organisation's own need --organisation")


def _show(session: Session, made: Json) -> None:
    if session.json:
        write_json(made)
        return
    session.console.print(f"token {made['details']['prefix']}")
    session.console.print(f"shown this once: {made['token']}")
    if made["details"]["previous_until"]:
        session.console.print(f"the secret before goes on until {made['details']['previous_until']}")


def _row(token: Json) -> tuple[str, ...]:
    return (
        token["prefix"],
        token["name"],
        " ".join(token["scopes"]),
        f"revoked {ago(token['revoked'])}" if token["revoked"] else "in force",
        token["expires"] or "never",
        ago(token["last_used"]),
        token["created_by"] or "bootstrap",
    )
