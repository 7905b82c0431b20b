"""`vedette networks create`, `edit`, `schedule` and `preview`: what is scanned, how and when."""

from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.pricing import in_short
from cli.session import Session, open_session
from cli.terminal import safe

app = typer.Typer()

OFF, ON, NONE = "off", "on", "none"

Network = Annotated[str, typer.Argument(help="Id or name.", metavar="NETWORK")]
Ports = Annotated[str | None, typer.Option(help="e.g. 1-1024,8080,!25 or top-100.")]
Profile = Annotated[str | None, typer.Option(help="standard, discovery, thorough or connect.")]
Rate = Annotated[int | None, typer.Option(help="The most packets per second of all its scans together.")]
Deadline = Annotated[
    str | None,
    typer.Option(
        "--deadline-minutes",
        help="In which a scan is to be done, as the estimate expects it; none for as cheap as is soon enough.",
    ),
]
Protocols = Annotated[list[str] | None, typer.Option("--protocol", help="tcp or udp; may be repeated.")]
Scripts = Annotated[
    list[str] | None, typer.Option("--script", help="An nmap script of the list in docs/worker.md; may be repeated.")
]
Categories = Annotated[
    list[str] | None, typer.Option("--script-category", help="default, safe, discovery or version; may be repeated.")
]
Arguments = Annotated[
    list[str] | None, typer.Option("--script-arg", help="e.g. http-title.url=/login; may be repeated.")
]
Questions = Annotated[
    list[str] | None,
    typer.Option(
        "--host-discovery",
        help="Ask hosts whether they are there before their ports: icmp, tcp or arp; may be repeated, '' for none.",
    ),
]
Silent = Annotated[
    str | None,
    typer.Option("--silent-hosts", help="Of hosts that answer none of it: not_covered (the default) or host_down."),
]
OsDetection = Annotated[
    bool | None,
    typer.Option(
        "--os-detection/--no-os-detection",
        help="Guess the systems of hosts with open TCP ports; profile thorough always does.",
    ),
]
Exclude = Annotated[list[str] | None, typer.Option(help="Never probe these; may be repeated.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="For rules, channels and lists; may be repeated.")]
Timezone = Annotated[str | None, typer.Option(help="Of the schedule, as in Europe/Berlin; UTC when left out.")]


@app.command()
def create(
    *,
    name: Annotated[str, typer.Argument(help="What it is called.", metavar="NAME")],
    targets: Annotated[
        list[str],
        typer.Argument(help="Addresses, CIDRs, ranges or hostnames.", metavar="TARGET...", show_default=False),
    ],
    exclude: Exclude = None,
    ports: Ports = None,
    protocols: Protocols = None,
    profile: Profile = None,
    scripts: Scripts = None,
    categories: Categories = None,
    arguments: Arguments = None,
    questions: Questions = None,
    silent: Silent = None,
    os_detection: OsDetection = None,
    rate: Rate = None,
    deadline: Deadline = None,
    schedule: Annotated[str | None, typer.Option(help="rate(1 day) or cron(0 6 * * ? *).")] = None,
    timezone: Timezone = None,
    tags: Tags = None,
    enabled: Annotated[bool, typer.Option("--on/--off", help="Whether it is scanned and watched.")] = True,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Make a network: what is scanned, how, and on a schedule or only when you ask. Nothing is scanned yet."""
    given = _settings(exclusions=exclude, ports=ports, protocols=protocols, profile=profile, rate=rate, tags=tags)
    draft: Json = {"name": name, "targets": targets, **given, "enabled": enabled}
    draft |= _scripts(scripts, categories, arguments) | _host_discovery(questions, silent)
    draft |= _settings(os_detection=os_detection)
    if deadline not in (None, NONE):
        draft |= _deadline(deadline)
    if schedule is not None:
        draft["schedule"] = {"expression": schedule, **({"timezone": timezone} if timezone else {})}
    elif timezone:
        raise UsageError("--timezone: it is the schedule's; give --schedule too")
    with open_session(project=project, json=as_json) as session:
        if any(name == each["name"] for each in session.client.items("projects", session.project, "networks")):
            raise UsageError(f"NAME: there is a network {name!r} already; `vedette networks edit` changes it")
        made = session.client.post("projects", session.project, "networks", body=draft)
        if session.json:
            write_json(made)
        else:
            session.console.print(f"made network {made['id']}")


@app.command()
def edit(
    *,
    network: Network,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="In place of its targets; may be repeated.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="In place of its exclusions; may be repeated, '' for none.")
    ] = None,
    ports: Ports = None,
    protocols: Protocols = None,
    profile: Profile = None,
    scripts: Scripts = None,
    categories: Categories = None,
    arguments: Arguments = None,
    questions: Questions = None,
    silent: Silent = None,
    os_detection: OsDetection = None,
    rate: Rate = None,
    deadline: Deadline = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", help="In place of its tags; may be repeated, '' for none.")
    ] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Whether it is scanned and watched.")] = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Change what is given; the rest stays. A live scan obeys new exclusions at once, all else holds from the next scan on."""
    plain = _settings(ports=ports, protocols=protocols, profile=profile, rate=rate)
    lists = _settings(exclusions=_filled(exclude), tags=_filled(tags))
    hosts = _host_discovery(questions, silent) | _settings(os_detection=os_detection)
    body = plain | lists | hosts | _scripts(scripts, categories, arguments)
    body |= _settings(name=name, targets=target, enabled=enabled) | _deadline(deadline)
    if not body:
        raise UsageError("say what to change: --target, --exclude, --ports, --profile, --rate ... (see --help)")
    with open_session(project=project, json=as_json) as session:
        found = _read(session, network)
        path = ("projects", session.project, "networks", found["id"])
        changed = session.client.patch(*path, body=body, version=found["version"])
        if session.json:
            write_json(changed)
        else:
            session.console.print(f"network {safe(changed['name'])} has another {', '.join(body)}")


@app.command()
def schedule(
    network: Network,
    expression: Annotated[
        str, typer.Argument(help="rate(1 day), cron(0 6 * * ? *), on, off or none.", metavar="[EXPRESSION]")
    ] = "",
    timezone: Timezone = None,
    project: Project = "",
) -> None:
    """Show when it is scanned, give it a schedule, turn the schedule on or off, or take it away."""
    if timezone and (not expression or expression in (ON, OFF, NONE)):
        raise UsageError("--timezone: give the schedule's expression too")
    with open_session(project=project) as session:
        found = _read(session, network)
        if expression:
            found = _scheduled(session, found, expression, timezone)
        session.console.print(f"network {safe(found['name'])}: {_told(found['schedule'])}")


@app.command()
def preview(network: Network, project: Project = "", as_json: AsJson = False) -> None:
    """Say what a scan of it would be; nothing is sent."""
    with open_session(project=project, json=as_json) as session:
        path = ("projects", session.project, "networks", network_id(session, network))
        told = session.client.get(*path, "preview")
        if session.json:
            write_json(told)
            return
        names = f" and {told['hostnames']} hostnames" if told["hostnames"] else ""
        session.console.print(
            f"{told['addresses']} addresses{names}, {told['cells']} cells in {told['chunks']} chunks by "
            f"{told['tasks']} tasks at once, roughly {told['seconds']} s"
        )
        if told["estimate"]:
            session.console.print(in_short(told["estimate"]))


def _scheduled(session: Session, network: Json, expression: str, timezone: str | None) -> Json:
    path = ("projects", session.project, "networks", network["id"])
    if expression in (ON, OFF):
        body: Json = {"enabled": expression == ON}
        return session.client.patch(*path, "schedule", body=body, version=network["version"])
    zone = timezone or (network["schedule"] or {}).get("timezone", "UTC")
    wanted = NONE if expression == NONE else {"expression": expression, "timezone": zone}
    return session.client.patch(*path, body={"schedule": wanted}, version=network["version"])


def _told(schedule: Json | None) -> str:
    if schedule is None:
        return "no schedule; it is scanned when you ask"
    off = "" if schedule["enabled"] else ", off"
    return f"{safe(schedule['expression'])} ({safe(schedule['timezone'])}{off})"


def _read(session: Session, network: str) -> Json:
    return session.client.get("projects", session.project, "networks", network_id(session, network))


def _settings(**given: object) -> Json:
    return {name: value for name, value in given.items() if value is not None}


def _scripts(names: list[str] | None, categories: list[str] | None, arguments: list[str] | None) -> Json:
    """They are one setting: what is given takes the place of all scripts that the network had."""
    if names is None and categories is None and arguments is None:
        return {}
    chosen = _settings(names=_filled(names), categories=_filled(categories))
    return {"scripts": chosen | {"arguments": dict(map(_argument, _filled(arguments) or ()))}}


def _host_discovery(questions: list[str] | None, silent: str | None) -> Json:
    """One setting, too."""
    if questions is None:
        if silent is not None:
            raise UsageError("--silent-hosts: it is host discovery's; give --host-discovery too")
        return {}
    return {"host_discovery": _settings(by=_filled(questions), silent=silent)}


def _deadline(minutes: str | None) -> Json:
    if minutes is None:
        return {}
    if minutes != NONE and not (minutes.isascii() and minutes.isdigit()):
        raise UsageError(f"--deadline-minutes: {minutes!r} is no number of minutes: write 90, or none")
    return {"deadline_minutes": minutes if minutes == NONE else int(minutes)}


def _argument(text: str) -> tuple[str, str | int | bool]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--script-arg: {text!r} has no value: write NAME=VALUE, as in http-title.url=/login")
    if value in ("true", "false"):
        return name, value == "true"
    return name, int(value) if value.isascii() and value.isdigit() else value


def _filled(values: list[str] | None) -> list[str] | None:
    return None if values is None else [each for each in values if each]
