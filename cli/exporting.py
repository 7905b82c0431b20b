"""`vedette export`: ask for a document, wait for it, keep it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated
from uuid import uuid4

import httpx
import typer

from cli.client import Json
from cli.errors import CommandError, Unreachable, UsageError
from cli.listing import network_id, write_json
from cli.options import AsJson, Project
from cli.session import Session, notes, open_session
from cli.times import in_past

WAIT_SECONDS = 1800
_PAUSES = (0.2, 0.5, 1.0)
_PIECE = 2**16


class Kind(StrEnum):
    EXPOSURES = "exposures"
    HOSTS = "hosts"
    ALERTS = "alerts"
    SCANS = "scans"
    SCAN = "scan"


class Form(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    NMAP_XML = "nmap_xml"


def export(
    kind: Annotated[Kind, typer.Argument(help="What to export; `scan` is one scan as nmap would have written it.")],
    form: Annotated[Form | None, typer.Option("--format", help="csv when left out; of `scan` nmap_xml.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; standard output when left out.")
    ] = None,
    network: Annotated[str, typer.Option(help="Id or name of one network.")] = "",
    scan: Annotated[str, typer.Option(help="Of `scan`: its id.")] = "",
    address: Annotated[str, typer.Option(help="One address or hostname.")] = "",
    cidr: Annotated[str, typer.Option(help="A block of addresses.")] = "",
    port: Annotated[int | None, typer.Option(help="One port.")] = None,
    protocol: Annotated[str, typer.Option(help="tcp or udp.")] = "",
    service: Annotated[str, typer.Option(help="Of exposures: a service's name.")] = "",
    state: Annotated[str, typer.Option(help="Of exposures: open, suspect, closed or flapping.")] = "",
    status: Annotated[str, typer.Option(help="Of alerts or scans.")] = "",
    kind_of_alert: Annotated[str, typer.Option("--type", help="Of alerts: e.g. NEW_PORT.")] = "",
    severity: Annotated[str, typer.Option(help="Of alerts.")] = "",
    assignee: Annotated[str, typer.Option(help="Of alerts: who they are assigned to.")] = "",
    group: Annotated[str, typer.Option(help="Of alerts: a group's id.")] = "",
    since: Annotated[str, typer.Option(help="Of alerts: raised within so long, 12h or 7d, or since a time.")] = "",
    before: Annotated[str, typer.Option(help="Of alerts: raised longer ago, or before a time.")] = "",
    tag: Annotated[str, typer.Option(help="Of hosts: those with this tag.")] = "",
    up: Annotated[
        bool | None, typer.Option("--up/--down", help="Of hosts: those that answer, or no longer do.")
    ] = None,
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """Export exposures, hosts, alerts or scans as CSV or JSON lines, or one scan as nmap's XML.

    With --json the export itself is told, with a link to the document; the document is written to a file alone.
    """
    with open_session(project=project, json=as_json) as session:
        filters = {
            "network": network_id(session, network) if network else "",
            "scan": scan,
            "address": address,
            "cidr": cidr,
            "port": port,
            "protocol": protocol,
            "service": service,
            "state": state,
            "status": status,
            "type": kind_of_alert,
            "severity": severity,
            "assignee": assignee,
            "group": group,
            "since": in_past(since, option="--since") if since else "",
            "before": in_past(before, option="--before") if before else "",
            "tag": tag,
            "up": up,
        }
        default = Form.NMAP_XML if kind is Kind.SCAN else Form.CSV
        body = {
            "kind": "scan_xml" if kind is Kind.SCAN else kind,
            "format": form or default,
            "filters": {name: value for name, value in filters.items() if value not in ("", None)},
        }
        asked = session.client.post("projects", session.project, "exports", body=body, key=str(uuid4()))
        done = wait(session, asked["id"])
        if output or not session.json:
            with _written(output) as file:
                download(done["link"], file)
        if session.json:
            write_json(done)
        elif output:
            told = done["export"]
            notes().print(
                f"{told['rows']} {'ports' if kind is Kind.SCAN else 'rows'}, {told['size']} bytes in {output}"
            )


def wait(session: Session, export: str, *, pause: Callable[[float], None] = time.sleep) -> Json:
    """The export with its link. Raises CommandError where it failed or takes too long."""
    end = time.monotonic() + WAIT_SECONDS
    for pauses in _growing():
        found = session.client.get("projects", session.project, "exports", export)
        status, reason = found["export"]["status"], found["export"]["reason"]
        if status == "done":
            return found
        if status == "failed" and not reason.endswith("it will be tried again"):
            raise CommandError(f"the export failed: {reason}")
        if time.monotonic() > end:
            break
        pause(pauses)
    raise CommandError(f"export {export} is not done after {WAIT_SECONDS // 60} minutes")


def _growing() -> Iterator[float]:
    yield from _PAUSES
    while True:
        yield 2.0


def download(link: str, file: IO[bytes], *, transport: httpx.BaseTransport | None = None) -> None:
    """Without the token: the link is enough, and it leads elsewhere. Raises Unreachable."""
    try:
        with (
            httpx.Client(transport=transport, trust_env=False, timeout=httpx.Timeout(60, connect=5)) as client,
            client.stream("GET", link) as response,
        ):
            if not response.is_success:
                raise CommandError(f"the link to the document answered {response.status_code}")
            for piece in response.iter_bytes(_PIECE):
                file.write(piece)
    except httpx.HTTPError as error:
        raise Unreachable(f"the document could not be read: {error}") from error


@contextmanager
def _written(path: Path | None) -> Iterator[IO[bytes]]:
    """A file that is there when it is whole; standard output where there is no path. Raises UsageError."""
    if path is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"--output: {error.strerror}: {path}") from error
    finally:
        unfinished.unlink(missing_ok=True)
