"""Lists: ports of the inventory."""

import json
import sys

from cli.errors import UsageError
from cli.session import Session
from cli.tables import PORT_COLUMNS, port_row, print_rows

STATES = ("open", "suspect", "flapping", "closed", "present", "all")
"""`present`: all but what is closed."""


def write_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def ports(
    session: Session, *, network: str, address: str, cidr: str, port: int | None, service: str, state: str
) -> None:
    if state not in STATES:
        raise UsageError(f"--state: give one of {', '.join(STATES)}")
    found = session.client.items(
        "projects",
        session.project,
        "exposures",
        network=network_id(session, network) if network else None,
        address=address or None,
        cidr=cidr or None,
        port=port,
        service=service or None,
        state=None if state in {"present", "all"} else state,
    )
    if state == "present":
        found = (each for each in found if each["state"] != "closed")
    if session.json:
        write_json({"ports": list(found)})
        return
    print_rows(session.console, title="", columns=PORT_COLUMNS, rows=map(port_row, found))


def network_id(session: Session, wanted: str) -> str:
    """The id of the network with this id or name. Raises UsageError where there is none."""
    for network in session.client.items("projects", session.project, "networks"):
        if wanted in {network["id"], network["name"]}:
            return str(network["id"])
    raise UsageError(f"there is no network {wanted!r} in this project")
