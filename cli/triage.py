"""`vedette alerts ack`, `take`, `resolve` and the like: one or many at a time, each told whether it was done."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from cli.alerting import Alert
from cli.client import Json
from cli.errors import DONE, FAILED, PARTIAL, UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import Session, notes, open_session
from cli.times import in_future, in_past

AT_ONCE = 100
PLAIN = {
    "unack": ("unacknowledge", "Take an acknowledgement back."),
    "take": ("take", "Work on alerts: they are in progress, and yours."),
    "release": ("release", "Give alerts back that are in progress."),
    "reopen": ("reopen", "Open resolved alerts again."),
    "unsnooze": ("unsnooze", "End a snooze."),
    "unmute": ("unmute", "Deliver muted alerts again."),
}
"""Commands of actions that need nothing but the alerts."""
app = typer.Typer()

ACTIONS = {"ack": "acknowledge", **{name: action for name, (action, _) in PLAIN.items()}}

Alerts = Annotated[list[str], typer.Argument(help="Ids of alerts.", metavar="ALERT...")]
Reason = Annotated[str, typer.Option(help="Why; kept in the alert's trail.")]
Until = Annotated[str, typer.Option(help="How long: 12h, 7d, 2w; or until a time. For good when left out.")]


@app.command("ack")
def acknowledge(
    alerts: Alerts, reason: Reason, until: Until = "", project: Project = "", as_json: AsJson = False
) -> None:
    """Acknowledge alerts: it is right as it is. They show as info and are not raised again."""
    _act("acknowledge", alerts, _wish(reason=reason, until=until), project, as_json=as_json)


@app.command()
def mute(alerts: Alerts, reason: Reason, until: Until = "", project: Project = "", as_json: AsJson = False) -> None:
    """Never deliver alerts, for good or until a time."""
    _act("mute", alerts, _wish(reason=reason, until=until), project, as_json=as_json)


@app.command()
def snooze(alerts: Alerts, until: Until, reason: Reason = "", project: Project = "", as_json: AsJson = False) -> None:
    """Set alerts aside until a time: they are not delivered before."""
    _act("snooze", alerts, _wish(reason=reason, until=until), project, as_json=as_json)


@app.command()
def resolve(alerts: Alerts, reason: Reason, project: Project = "", as_json: AsJson = False) -> None:
    """Resolve alerts by hand; what a later scan still finds comes back."""
    _act("resolve", alerts, _wish(reason=reason), project, as_json=as_json)


@app.command()
def assign(
    alerts: Alerts,
    to: Annotated[str, typer.Option(help="Who; empty for nobody.")],
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Assign alerts to somebody."""
    _act("assign", alerts, {"assignee": to}, project, as_json=as_json)


def _plain(action: str) -> Any:
    def command(alerts: Alerts, reason: Reason = "", project: Project = "", as_json: AsJson = False) -> None:
        _act(action, alerts, _wish(reason=reason), project, as_json=as_json)

    return command


for _name, (_action, _help) in PLAIN.items():
    app.command(_name, help=_help)(_plain(_action))


@app.command()
def bulk(
    action: Annotated[str, typer.Argument(help="ack, resolve, assign, take, snooze, mute ...", metavar="ACTION")],
    where: Annotated[list[str], typer.Option(help="e.g. port=22, network=office, cidr=10.0.0.0/24; all must hold.")],
    reason: Reason = "",
    until: Until = "",
    to: Annotated[str, typer.Option(help="Who to assign to.")] = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Do one thing with every alert that fits; the names are those of `alerts list`."""
    wish = _wish(reason=reason, until=until) | {"assignee": to}
    with open_session(project=project, json=as_json) as session:
        raise typer.Exit(_report(session, _matching(session, ACTIONS.get(action, action), where, wish)))


@app.command()
def comment(
    alert: Alert,
    text: Annotated[str, typer.Argument(help="What to say.")],
    edit: Annotated[str, typer.Option(help="The id of a comment of yours to replace.")] = "",
    project: Project = "",
) -> None:
    """Comment on an alert, or edit a comment of one's own."""
    with open_session(project=project) as session:
        path = ("projects", session.project, "alerts", alert, "comments")
        if edit:
            version = session.client.get(*path, edit)["version"]
            session.client.put(*path, edit, body={"text": text}, version=version)
            session.console.print(f"edited {edit}")
        else:
            session.console.print(f"commented: {session.client.post(*path, body={'text': text})['id']}")


@app.command()
def uncomment(
    alert: Alert,
    comment: Annotated[str, typer.Argument(help="The comment's id.", metavar="COMMENT")],
    project: Project = "",
) -> None:
    """Delete a comment of one's own."""
    with open_session(project=project) as session:
        path = ("projects", session.project, "alerts", alert, "comments", comment)
        session.client.delete(*path, version=session.client.get(*path)["version"])
        session.console.print(f"deleted {comment}")


def _wish(*, reason: str = "", until: str = "") -> Json:
    return {"reason": reason} | ({"until": in_future(until, option="--until")} if until else {})


def _act(action: str, alerts: list[str], wish: Json, project: str, *, as_json: bool) -> None:
    with open_session(project=project, json=as_json) as session:
        raise typer.Exit(_report(session, _by_id(session, action, alerts, wish)))


def _by_id(session: Session, action: str, alerts: list[str], wish: Json) -> Iterator[Json]:
    for start in range(0, len(alerts), AT_ONCE):
        body = {"action": action, "alerts": alerts[start : start + AT_ONCE], **wish}
        yield from session.client.post("projects", session.project, "alerts", "bulk", body=body)["results"]


def _matching(session: Session, action: str, where: list[str], wish: Json) -> Iterator[Json]:
    wanted, cursor = _filter(session, where), ""
    while cursor is not None:
        body = {"action": action, "filter": wanted, "cursor": cursor, **wish}
        answer = session.client.post("projects", session.project, "alerts", "bulk", body=body)
        yield from answer["results"]
        cursor = answer["next_cursor"]


def _filter(session: Session, where: list[str]) -> Json:
    wanted: Json = {}
    for each in where:
        name, equals, value = each.partition("=")
        if not equals or not value:
            raise UsageError(f"--where: {each!r} is not NAME=VALUE, as in port=22")
        wanted[name] = value
    if "network" in wanted:
        wanted["network"] = network_id(session, wanted["network"])
    for name in ("since", "before"):
        if name in wanted:
            wanted[name] = in_past(wanted[name], option=f"--where {name}")
    return wanted


def _report(session: Session, results: Iterable[Json]) -> int:
    """Each as it is done. Exit code: 0 all were done (or none fitted), 1 none, 3 some."""
    done: list[Json] = []
    failed: list[Json] = []
    for each in results:
        (done if each["done"] else failed).append(each)
        if each["done"] and not session.json:
            session.console.print(f"done {each['alert']}")
        elif not each["done"]:
            notes().print(f"vedette: {each['alert']}: {each['detail']}")
    if session.json:
        write_json({"done": len(done), "failed": len(failed), "results": [*done, *failed]})
    if not failed:
        return DONE
    return PARTIAL if done else FAILED
