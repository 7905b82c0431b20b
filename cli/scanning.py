"""`vedette scan` and `vedette watch`: start, follow to the end, print what is open."""

import json
import sys
import time
import uuid
from ipaddress import ip_address

from rich.prompt import Confirm

from cli.client import Client, Json
from cli.errors import DONE, FAILED, PARTIAL
from cli.live import Feed, connector
from cli.session import Session, notes
from cli.tables import ALERT_COLUMNS, PORT_COLUMNS, alert_row, port_row, print_rows
from cli.view import View, paused, view_for

EXIT_CODES = {"completed": DONE, "partial": PARTIAL, "cancelled": PARTIAL, "paused": PARTIAL, "failed": FAILED}
"""Of the statuses at which following a scan ends."""
_POLL_SECONDS = 5.0


def ensure_network(client: Client, project: str, draft: Json) -> Json:
    """The network of this name with these settings: found, brought up to date, or created. What `draft` does not say stays."""
    found = [network for network in client.items("projects", project, "networks") if network["name"] == draft["name"]]
    if not found:
        return client.post("projects", project, "networks", body=draft, key=str(uuid.uuid4()))
    network = found[0]
    if all(network[name] == value for name, value in draft.items()):
        return network
    changed = {name: value for name, value in draft.items() if network[name] != value}
    return client.patch("projects", project, "networks", network["id"], body=changed, version=network["version"])


def start(session: Session, network: str) -> Json:
    return session.client.post(
        "projects", session.project, "scans", body={"network": network}, key=f"cli-{uuid.uuid4()}"
    )


def follow(session: Session, scan: str, *, whole: bool = False) -> Json:
    """Show the scan live until it ends or is paused, and give it as it then stands. Ctrl-C offers to cancel.

    `whole`: from its start, which is no longer ago than a connection takes; else from now on.
    """
    since = scan if whole else ""
    with view_for(session.console) as view:
        while True:
            try:
                return _follow(session, scan, view, since=since)
            except KeyboardInterrupt:
                if not _offer_cancel(session, scan):
                    raise
                since = ""


def see_through(session: Session, scan: str, *, watch: bool, whole: bool = False) -> int:
    """Follow a scan that was just set going to its end, or say that it goes; the exit code. `whole`: as of `follow`."""
    if watch:
        return report(session, follow(session, scan, whole=whole))
    started = read(session, scan)
    if session.json:
        sys.stdout.write(json.dumps({"scan": started}, indent=2) + "\n")
    else:
        session.console.print(f"started scan {scan}; follow it with `vedette watch {scan}`")
    return 0


def _follow(session: Session, scan: str, view: View, *, since: str) -> Json:
    open_socket = connector(session.client, session.access.websocket_url, project=session.project)
    feed = Feed(open_socket, topic=f"scan:{scan}", project=session.project, since=since)
    looked = time.monotonic()
    for frame in feed.frames():
        if frame is not None:
            view.show(frame)
        finished = frame is not None and frame["type"] in {"scan.finished", "scan.paused"}
        if finished or time.monotonic() - looked > _POLL_SECONDS:
            looked = time.monotonic()
            current = read(session, scan)
            if current["status"] in EXIT_CODES:
                return current
    raise AssertionError("a feed ends only by an error")


def _offer_cancel(session: Session, scan: str) -> bool:
    """True when the scan was cancelled and should be followed to its end."""
    if not sys.stdin.isatty():
        notes().print(f"left running: follow it with `vedette watch {scan}`")
        return False
    if not Confirm.ask("\nCancel the scan? What was found is kept", default=False, console=notes()):
        notes().print(f"left running: follow it with `vedette watch {scan}`")
        return False
    session.client.post("projects", session.project, "scans", scan, "cancel")
    return True


def read(session: Session, scan: str) -> Json:
    return session.client.get("projects", session.project, "scans", scan)


def report(session: Session, scan: Json, *, asset: str = "") -> int:
    """The closing table, of one host alone where it is given, or one JSON document; the exit code."""
    ports = open_ports(session, scan, asset)
    alerts = [
        alert
        for alert in session.client.items("projects", session.project, "alerts", network=scan["network"])
        if alert["why"]["scan"] == scan["id"]
    ]
    if session.json:
        sys.stdout.write(json.dumps({"scan": scan, "ports": ports, "alerts": alerts}, indent=2) + "\n")
        return EXIT_CODES[scan["status"]]
    print_rows(session.console, title="Open ports", columns=PORT_COLUMNS, rows=map(port_row, ports))
    if alerts:
        print_rows(session.console, title="Alerts", columns=ALERT_COLUMNS, rows=map(alert_row, alerts))
    session.console.print(closing_line(scan, len(ports), len(alerts)))
    if waiting := sum(not port.get("confirmed", True) for port in ports):
        session.console.print(
            f"{waiting} of the open ports {'wait' if waiting > 1 else 'waits'} to be seen a second time; "
            "`vedette scans --kind confirm` shows the second looks"
        )
    return EXIT_CODES[scan["status"]]


def open_ports(session: Session, scan: Json, asset: str = "") -> list[Json]:
    """The open exposures of the scan's network, or of one host of it, in order of host and port."""
    asked = {"network": scan["network"], "state": "open", "address": asset or None}
    exposures = session.client.items("projects", session.project, "exposures", **asked)
    return sorted(exposures, key=lambda item: (_address_order(item["asset"]), item["protocol"], item["port"]))


def closing_line(scan: Json, ports: int, alerts: int) -> str:
    counts = scan["counts"]
    covered = f"{counts['cells_covered']} of {counts['cells']} cells covered"
    line = f"{scan['status']}: {ports} open, {alerts} alert{'' if alerts == 1 else 's'}, {covered}"
    if counts.get("baseline"):
        line += f", {counts['baseline']} recorded as baseline"
    line += f" (scan {scan['id']})" + (f"; {scan['reason']}" if scan.get("reason") else "")
    return line if scan["status"] != "paused" else f"{line}\n{waiting_line(scan)}"


def waiting_line(scan: Json) -> str:
    """What a paused scan waits for, and how to let it go on."""
    if scan.get("resume_at"):
        return f"{paused(scan)}; `vedette watch {scan['id']}` then follows it"
    released = "; once the halt is released" if scan.get("stop") == "halt" else ""
    return f"{paused(scan)}{released}; `vedette scans resume {scan['id']}` lets it go on"


def _address_order(asset: str) -> tuple[int, int, str]:
    try:
        address = ip_address(asset)
    except ValueError:
        return (9, 0, asset)
    return (address.version, int(address), "")
