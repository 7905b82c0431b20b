"""`vedette channels`: where alerts are sent; list, add, show, edit, remove, test, rotate, resend."""

import time
from typing import Annotated

import typer

from cli.channel_drafts import DRAFT, apply, route_of
from cli.client import Json
from cli.errors import FAILED, UsageError
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import Session, ago, open_session
from cli.tables import print_rows

app = typer.Typer(help="Where alerts are sent, which of them, and when.", invoke_without_command=True)

Which = Annotated[str, typer.Argument(help="Id or name of a channel.", metavar="CHANNEL")]
Name = Annotated[str | None, typer.Option(help="What the channel is called.")]
Severity = Annotated[str | None, typer.Option(help="Alerts at least so severe: info, low, medium, high or critical.")]
Types = Annotated[
    list[str] | None, typer.Option("--type", help="Alerts of this type, as in NEW_PORT; may be repeated.")
]
Networks = Annotated[
    list[str] | None, typer.Option("--network", help="Of this network, by id or name; may be repeated.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Of hosts or networks with this tag; may be repeated.")]
Digest = Annotated[int | None, typer.Option("--digest", help="One message for each so many minutes; 0 sends at once.")]
Quiet = Annotated[str | None, typer.Option(help="Hours in which nothing is sent, as in 22:00-07:00; `off` for none.")]
Timezone = Annotated[str | None, typer.Option(help="Of the quiet hours, as in Europe/Berlin.")]
Urgent = Annotated[
    str | None, typer.Option(help="At least so severe: at once, digest and quiet hours or not; or `off`.")
]
Resolutions = Annotated[bool | None, typer.Option(help="Whether to tell of alerts that are resolved.")]
Enabled = Annotated[bool | None, typer.Option("--on/--off", help="Whether anything is sent.")]

COLUMNS = ("channel", "name", "kind", "to", "state", "tested")
ENTRY_COLUMNS = ("alert", "what", "status", "attempts", "due", "error")
TEST_SECONDS = 40


@app.callback()
def channels(context: typer.Context, project: Project = "", as_json: AsJson = False) -> None:
    """List the channels; `--help` shows what else there is."""
    if context.invoked_subcommand is None:
        list_channels(project=project, as_json=as_json)


@app.command("list")
def list_channels(project: Project = "", as_json: AsJson = False) -> None:
    """List the channels."""
    with open_session(project=project, json=as_json) as session:
        found = list(session.client.items("projects", session.project, "channels"))
        if session.json:
            write_json({"channels": found})
        else:
            print_rows(session.console, title="", columns=COLUMNS, rows=map(_row, found))


@app.command()
def add(
    target: Annotated[str, typer.Argument(help="An https:// URL, or the ARN of an SNS topic.", metavar="URL|ARN")],
    name: Name = None,
    severity: Severity = None,
    types: Types = None,
    networks: Networks = None,
    tags: Tags = None,
    digest: Digest = None,
    quiet: Quiet = None,
    timezone: Timezone = None,
    urgent: Urgent = None,
    resolutions: Resolutions = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Add a channel. A webhook's signing secret is shown this once."""
    with open_session(project=project, json=as_json) as session:
        topic = target.startswith("arn:")
        draft: Json = {"kind": "sns", "topic": target} if topic else {"kind": "webhook", "url": target}
        draft["name"] = name or target[:100]
        apply(draft, route_of(session, severity, types, networks, tags), digest, quiet, timezone, urgent, resolutions)
        _show_new(session, session.client.post("projects", session.project, "channels", body=draft))


@app.command()
def show(channel: Which, project: Project = "", as_json: AsJson = False) -> None:
    """Show a channel, what waits on it and what has failed."""
    with open_session(project=project, json=as_json) as session:
        found = _find(session, channel)
        entries = session.client.items("projects", session.project, "channels", found["id"], "deliveries")
        if session.json:
            write_json({"channel": found, "deliveries": list(entries)})
            return
        print_rows(session.console, title="", columns=COLUMNS, rows=[_row(found)])
        print_rows(session.console, title="", columns=ENTRY_COLUMNS, rows=map(_entry_row, entries))


@app.command()
def edit(
    channel: Which,
    target: Annotated[str | None, typer.Option("--to", help="Another URL or topic.")] = None,
    name: Name = None,
    severity: Severity = None,
    types: Types = None,
    networks: Networks = None,
    tags: Tags = None,
    digest: Digest = None,
    quiet: Quiet = None,
    timezone: Timezone = None,
    urgent: Urgent = None,
    resolutions: Resolutions = None,
    enabled: Enabled = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Change what is given; severity, types, networks and tags together replace the routes."""
    with open_session(project=project, json=as_json) as session:
        found = _find(session, channel)
        draft = {each: found[each] for each in DRAFT}
        given = {"name": name, "enabled": enabled, "topic" if found["kind"] == "sns" else "url": target}
        draft |= {field: value for field, value in given.items() if value is not None}
        apply(draft, route_of(session, severity, types, networks, tags), digest, quiet, timezone, urgent, resolutions)
        where = ("projects", session.project, "channels", found["id"])
        changed = session.client.put(*where, body=draft, version=found["version"])
        if session.json:
            write_json({"channel": changed})
        else:
            session.console.print(f"changed channel {changed['id']}")


@app.command()
def remove(channel: Which, project: Project = "") -> None:
    """Remove a channel; what waits on it is not sent."""
    with open_session(project=project) as session:
        found = _find(session, channel)
        session.client.delete("projects", session.project, "channels", found["id"], version=found["version"])
        session.console.print(f"removed channel {found['id']}")


@app.command("test")
def send_test(channel: Which, project: Project = "", as_json: AsJson = False) -> None:
    """Send a test message and say what came of it."""
    with open_session(project=project, json=as_json) as session:
        found = _find(session, channel)
        where = ("projects", session.project, "channels", found["id"])
        trial = session.client.post(*where, "test")
        asked, end = trial["id"], time.monotonic() + TEST_SECONDS
        while trial["status"] == "waiting" and time.monotonic() < end:
            time.sleep(0.3)
            trial = session.client.get(*where)["tested"]
            if trial["id"] != asked:
                raise UsageError("somebody else is testing this channel: try again")
        if session.json:
            write_json({"test": trial})
        else:
            session.console.print(_outcome(trial))
        if trial["status"] != "sent":
            raise typer.Exit(FAILED)


@app.command()
def rotate(channel: Which, project: Project = "", as_json: AsJson = False) -> None:
    """Replace a webhook's secret, shown this once; messages carry the old signature too for a day."""
    with open_session(project=project, json=as_json) as session:
        found = _find(session, channel)
        where = ("projects", session.project, "channels", found["id"])
        _show_new(session, session.client.post(*where, "rotate", version=found["version"]))


@app.command()
def resend(
    channel: Which,
    alerts: Annotated[
        list[str] | None, typer.Argument(help="Ids of alerts; all when left out.", metavar="ALERT")
    ] = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Send again what has failed on a channel."""
    with open_session(project=project, json=as_json) as session:
        where = ("projects", session.project, "channels", _find(session, channel)["id"], "resend")
        resent: list[Json] = []
        body: Json = {"alerts": alerts or []}
        while True:
            page = session.client.post(*where, body=body)
            resent.extend(page["items"])
            if not page.get("next_cursor"):
                break
            body = {"cursor": page["next_cursor"]}
        if session.json:
            write_json({"resent": resent})
        else:
            session.console.print(f"{len(resent)} to be sent again")


def _find(session: Session, wanted: str) -> Json:
    found = [
        each
        for each in session.client.items("projects", session.project, "channels")
        if wanted in {each["id"], each["name"]}
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} channels are named {wanted!r}; give the id")
    raise UsageError(f"there is no channel {wanted!r} in this project")


def _show_new(session: Session, made: Json) -> None:
    if session.json:
        write_json(made)
        return
    session.console.print(f"channel {made['channel']['id']}")
    if made["secret"]:
        session.console.print(f"signing secret, shown this once: {made['secret']}")


def _outcome(trial: Json) -> str:
    if trial["status"] == "sent":
        return "the receiver took the test message"
    return f"not delivered: {trial['error'] or 'no outcome yet; look again with `vedette channels show`'}"


def _row(channel: Json) -> tuple[str, ...]:
    tested = channel.get("tested")
    return (
        channel["id"],
        channel["name"],
        channel["kind"],
        channel["url"] or channel["topic"],
        "on" if channel["enabled"] else "off",
        f"{tested['status']} {ago(tested['at'])}" if tested else "never",
    )


def _entry_row(entry: Json) -> tuple[str, ...]:
    due = entry["due"] if entry["status"] == "waiting" else ""
    return (entry["subject"], entry["occasion"], entry["status"], str(entry["attempts"]), due, entry["error"])
