"""The tables that commands print."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cli.client import Json
from cli.session import ago
from cli.terminal import plain, proven_text, safe

SEVERITY_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def print_rows(console: Console, *, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on a terminal; elsewhere one line a row, cells parted by tabs, without a header."""
    if not console.is_terminal:
        for row in rows:
            console.file.write("\t".join(safe(cell, limit=1000) for cell in row) + "\n")
        return
    table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(plain(cell, SEVERITY_STYLE.get(str(cell), "")) for cell in row))
    console.print(table)


PORT_COLUMNS = ("host", "port", "state", "service", "since")


def port_row(exposure: Json) -> tuple[str, ...]:
    return (
        exposure["asset"],
        f"{exposure['port']}/{exposure['protocol']}",
        exposure["state"],
        proven_text(exposure.get("service")),
        ago(exposure.get("first_seen")),
    )


ALERT_COLUMNS = ("severity", "type", "host", "port", "status", "why", "id")


def alert_row(alert: Json) -> tuple[str, ...]:
    return (
        alert["severity"],
        alert["type"],
        alert["asset"],
        "" if alert["port"] is None else f"{alert['port']}/{alert['protocol']}",
        alert["status"],
        alert.get("why", {}).get("text", ""),
        alert["id"],
    )


SCAN_COLUMNS = ("scan", "kind", "network", "status", "chunks", "open", "new", "closed", "created")


def scan_row(scan: Json) -> tuple[str, ...]:
    counts = scan["counts"]
    return (
        scan["id"],
        scan["kind"],
        scan["network"],
        scan["status"],
        f"{counts['chunks_ingested']}/{counts['chunks']}",
        str(counts["open_ports"]),
        str(counts["opened"] + counts["reopened"]),
        str(counts["closed"]),
        ago(scan["created"]),
    )


NETWORK_COLUMNS = ("network", "name", "targets", "ports", "rate", "schedule", "tags", "watched")


def network_row(network: Json) -> tuple[str, ...]:
    schedule = network.get("schedule")
    return (
        network["id"],
        network["name"],
        ", ".join(network["targets"]),
        network["ports"],
        f"{network['rate']} packets/s",
        f"{schedule['expression']}{'' if schedule['enabled'] else ' (off)'}" if schedule else "none",
        ", ".join(network["tags"]),
        "yes" if network["enabled"] else "off",
    )
