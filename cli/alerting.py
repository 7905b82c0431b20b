"""`vedette alerts`: read alerts, what happened to them, and what they amount to."""

from typing import Annotated, Any

import typer

from cli.alert_tables import (
    COMMENT_COLUMNS,
    GROUP_COLUMNS,
    TRAIL_COLUMNS,
    comment_row,
    count_lines,
    detail_lines,
    group_row,
    trail_row,
)
from cli.client import Json
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import Session, open_session
from cli.tables import ALERT_COLUMNS, alert_row, print_rows
from cli.times import in_past

app = typer.Typer(help="What changed against the wish of a rule or setting.", invoke_without_command=True)

Alert = Annotated[str, typer.Argument(help="The alert's id.", metavar="ALERT")]
Network = Annotated[str, typer.Option(help="Id or name of one network.")]
Status = Annotated[str, typer.Option(help="open, in_progress, resolved or unresolved; all when left out.")]
Type = Annotated[str, typer.Option("--type", help="e.g. NEW_PORT or BLOCKED.")]


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    status: Status = "",
    network: Network = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List the alerts, newest first; `alerts list` filters by more."""
    if context.invoked_subcommand:
        return
    with open_session(project=project, json=as_json) as session:
        _print_alerts(session, status=status, network=network)


@app.command("list")
def list_alerts(
    *,
    of_type: Type = "",
    severity: Annotated[str, typer.Option(help="As shown: what is acknowledged is info.")] = "",
    status: Status = "",
    assignee: Annotated[str, typer.Option(help="Who it is assigned to.")] = "",
    network: Network = "",
    address: Annotated[str, typer.Option(help="One address or hostname.")] = "",
    cidr: Annotated[str, typer.Option(help="A block of addresses.")] = "",
    port: Annotated[int | None, typer.Option(help="One port.")] = None,
    group: Annotated[str, typer.Option(help="A group's id.")] = "",
    since: Annotated[str, typer.Option(help="Raised within so long: 12h, 7d; or since a time.")] = "",
    before: Annotated[str, typer.Option(help="Raised longer ago than: 12h, 7d; or before a time.")] = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List the alerts that fit."""
    with open_session(project=project, json=as_json) as session:
        _print_alerts(
            session,
            type=of_type,
            severity=severity,
            status=status,
            assignee=assignee,
            network=network,
            address=address,
            cidr=cidr,
            port=port,
            group=group,
            since=in_past(since, option="--since") if since else "",
            before=in_past(before, option="--before") if before else "",
        )


def _print_alerts(session: Session, **query: Any) -> None:
    if query.get("network"):
        query["network"] = network_id(session, query["network"])
    asked = {name: value for name, value in query.items() if value not in ("", None)}
    found = session.client.items("projects", session.project, "alerts", **asked)
    if session.json:
        write_json({"alerts": list(found)})
    else:
        print_rows(session.console, title="", columns=ALERT_COLUMNS, rows=map(alert_row, found))


@app.command()
def show(alert: Alert, project: Project = "", as_json: AsJson = False) -> None:
    """Show one alert: what, why, and who set it aside until when."""
    with open_session(project=project, json=as_json) as session:
        found = session.client.get("projects", session.project, "alerts", alert)
        if session.json:
            write_json(found)
            return
        for line in detail_lines(found):
            session.console.print(line)


@app.command()
def trail(alert: Alert, project: Project = "", as_json: AsJson = False) -> None:
    """List all that happened to an alert."""
    with open_session(project=project, json=as_json) as session:
        found = list(session.client.items("projects", session.project, "alerts", alert, "trail"))
        if session.json:
            write_json({"trail": found})
        else:
            print_rows(session.console, title="", columns=TRAIL_COLUMNS, rows=map(trail_row, found))


@app.command()
def comments(alert: Alert, project: Project = "", as_json: AsJson = False) -> None:
    """List what people said about an alert."""
    with open_session(project=project, json=as_json) as session:
        found = list(session.client.items("projects", session.project, "alerts", alert, "comments"))
        if session.json:
            write_json({"comments": found})
        else:
            print_rows(session.console, title="", columns=COMMENT_COLUMNS, rows=map(comment_row, found))


@app.command()
def groups(
    of_type: Type = "",
    status: Annotated[str, typer.Option(help="unresolved, resolved or all.")] = "unresolved",
    network: Network = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List the groups: the same cause across many hosts in one scan is one line."""
    with open_session(project=project, json=as_json) as session:
        asked = {
            "type": of_type or None,
            "status": "" if status == "all" else status,
            "network": network_id(session, network) if network else None,
        }
        found = session.client.items("projects", session.project, "alerts", "groups", **asked)
        if session.json:
            write_json({"groups": list(found)})
        else:
            print_rows(session.console, title="", columns=GROUP_COLUMNS, rows=map(group_row, found))


@app.command()
def counts(network: Network = "", project: Project = "", as_json: AsJson = False) -> None:
    """Count the alerts by severity, type and status."""
    with open_session(project=project, json=as_json) as session:
        wanted = network_id(session, network) if network else None
        found: Json = session.client.get("projects", session.project, "alerts", "counts", network=wanted)
        if session.json:
            write_json(found)
            return
        for line in count_lines(found):
            session.console.print(line)


@app.command()
def reconcile(project: Project = "", as_json: AsJson = False) -> None:
    """Derive alerts that are missing from the exposures and hosts: after an outage of the alert stream, say."""
    examined = created = 0
    cursor: str | None = None
    with open_session(project=project, json=as_json) as session:
        while True:
            page = session.client.post(
                "projects", session.project, "alerts", "reconcile", body={"cursor": cursor} if cursor else {}
            )
            examined += page["examined"]
            created += page["created"]
            cursor = page.get("next_cursor")
            if not cursor:
                break
        if session.json:
            write_json({"examined": examined, "created": created})
        else:
            session.console.print(f"examined {examined} exposures and hosts, raised {created} missing alerts")
