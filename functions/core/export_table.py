"""Records as lines of CSV and of JSON: nothing that a scanned host chose can become a formula or a line of its own."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from functions.core.export import ExportFormat, ExportKind
from functions.core.model import Model

MAX_CELL = 32_000
"""Characters: spreadsheets cut at 32,767."""
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA = re.compile(
    """(^|[;,|])(["'\\s]*)([=+\\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"""
    """\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}])"""
)

COLUMNS: Mapping[ExportKind, Mapping[str, str]] = {
    ExportKind.EXPOSURES: {
        **{
            name: name
            for name in ("network", "asset", "address", "protocol", "port", "state", "answering", "confirmed")
        },
        **{name: f"service.{name}" for name in ("name", "product", "version", "extra", "tunnel", "cpe")},
        **{
            f"tls_{name}": f"service.tls.{name}"
            for name in ("subject", "names", "issuer", "not_before", "not_after", "sha256")
        },
        "ssh_host_keys": "service.ssh",
        **{name: name for name in ("first_seen", "last_changed", "episode", "reopened", "misses", "held")},
        "change": "change.kind",
        "scan": "change.scan",
    },
    ExportKind.HOSTS: {
        name: name
        for name in (
            *("network", "asset", "addresses", "name", "names", "certificate_names", "mac", "vendor", "os", "up"),
            *("reason", "tags", "comment", "answers_everything", "first_seen", "last_changed"),
            *("accepted", "accepted_by", "edited", "edited_by"),
        )
    },
    ExportKind.ALERTS: {
        **{name: name for name in ("id", "network", "type", "severity", "rated", "status", "asset", "address")},
        **{name: name for name in ("protocol", "port", "raised", "updated", "count", "episode", "assignee", "group")},
        **{name: f"service.{name}" for name in ("name", "product", "version")},
        "why": "why.text",
        "scan": "why.scan",
        "rule": "why.rule.rule",
        "rule_scope": "why.rule.scope",
        "rule_version": "why.rule.version",
        "acknowledged_by": "acknowledged.by",
        "acknowledged_until": "acknowledged.until",
        "resolved_by": "resolution.by",
        "resolved_because": "resolution.reason",
    },
    ExportKind.SCANS: {
        **{name: name for name in ("id", "network", "kind", "status", "reason", "created", "started", "ended")},
        "cause": "cause.kind",
        "principal": "cause.principal",
        **{
            name: f"counts.{name}"
            for name in (
                *("chunks", "chunks_failed", "cells", "cells_covered", "open_ports", "hosts_up"),
                *("opened", "reopened", "changed", "closed", "baseline"),
            )
        },
    },
}
"""Of each kind: the column's name and where in the record its value is."""


def header(kind: ExportKind, form: ExportFormat) -> str:
    return _csv_line(list(COLUMNS[kind])) if form is ExportFormat.CSV else ""


def line(record: Model, kind: ExportKind, form: ExportFormat) -> str:
    if form is ExportFormat.JSONL:
        # Whatever a line is cut at elsewhere, here it is cut at newlines alone.
        return json.dumps(record.model_dump(mode="json"), separators=(",", ":")) + "\n"
    fields = record.model_dump(mode="json")
    return _csv_line([cell(_at(fields, path)) for path in COLUMNS[kind].values()])


def cell(value: Any) -> str:
    """One line of text that no spreadsheet calculates: what begins a formula, here or after a separator, has an apostrophe before it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return cell(" ".join(_item(each) for each in value))
        case _:
            return _FORMULA.sub(r"\1'\2\3", _escaped(str(value)[:MAX_CELL]))


def _item(value: Any) -> str:
    return ":".join(map(str, value.values())) if isinstance(value, Mapping) else str(value)


def _escaped(text: str) -> str:
    """Control, format and unassigned characters as `\\x1b`-like escapes."""
    if text.isprintable():
        return text
    return "".join(
        character
        if unicodedata.category(character) not in _UNSAFE
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def _csv_line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _at(fields: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(fields, Mapping):
            return None
        fields = fields.get(name)
    return fields
