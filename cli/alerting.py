"""`vedette alerts`: list, acknowledge, reconcile."""

from typing import Annotated

import typer

from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import open_session
from cli.tables import ALERT_COLUMNS, alert_row, print_rows

app = typer.Typer(help="What changed against the wish of a rule or setting.", invoke_without_command=True)


@app.callback(invoke_without_command=True)
def list_alerts(
    context: typer.Context,
    status: Annotated[str, typer.Option(help="open or acknowledged; all when left out.")] = "",
    network: Annotated[str, typer.Option(help="Id or name of one network.")] = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List the alerts, newest first."""
    if context.invoked_subcommand:
        return
    with open_session(project=project, json=as_json) as session:
        wanted = network_id(session, network) if network else None
        found = session.client.items("projects", session.project, "alerts", status=status or None, network=wanted)
        if session.json:
            write_json({"alerts": list(found)})
        else:
            print_rows(session.console, title="", columns=ALERT_COLUMNS, rows=map(alert_row, found))


@app.command("ack")
def acknowledge(
    alerts: Annotated[list[str], typer.Argument(help="Ids of alerts.", metavar="ALERT...")],
    reason: Annotated[str, typer.Option(help="Why it is right as it is.")],
    project: Project = "",
) -> None:
    """Acknowledge alerts."""
    with open_session(project=project) as session:
        for alert in alerts:
            session.client.post("projects", session.project, "alerts", alert, "acknowledge", body={"reason": reason})
            session.console.print(f"acknowledged {alert}")


@app.command()
def reconcile(project: Project = "", as_json: AsJson = False) -> None:
    """Derive alerts that are missing from the exposures: after an outage of the alert stream, say."""
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
            session.console.print(f"examined {examined} exposures, raised {created} missing alerts")
