"""Exports: what was asked for, in which form, and what became of it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field

from functions.core.alert import AlertStatus, AlertType, Severity
from functions.core.errors import InvalidInput
from functions.core.exposure import ExposureState
from functions.core.model import Id, Model, Protocol, Time
from functions.core.scan import ScanStatus


class ExportKind(StrEnum):
    EXPOSURES = "exposures"
    HOSTS = "hosts"
    ALERTS = "alerts"
    SCANS = "scans"
    SCAN_XML = "scan_xml"
    """What one scan saw, as nmap would have written it."""


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    NMAP_XML = "nmap_xml"


_TABLES = frozenset({ExportFormat.CSV, ExportFormat.JSONL})
FORMATS: Mapping[ExportKind, frozenset[ExportFormat]] = {
    ExportKind.EXPOSURES: _TABLES,
    ExportKind.HOSTS: _TABLES,
    ExportKind.ALERTS: _TABLES,
    ExportKind.SCANS: _TABLES,
    ExportKind.SCAN_XML: frozenset({ExportFormat.NMAP_XML}),
}
_PLACE = frozenset({"network", "address", "cidr"})
_CELL = _PLACE | {"port", "protocol"}
FILTERS: Mapping[ExportKind, frozenset[str]] = {
    ExportKind.EXPOSURES: _CELL | {"service", "state"},
    ExportKind.HOSTS: _PLACE | {"tag", "up"},
    ExportKind.ALERTS: _CELL | {"status", "type", "severity", "assignee", "group", "since", "before"},
    ExportKind.SCANS: frozenset({"network", "status"}),
    ExportKind.SCAN_XML: frozenset({"scan"}),
}
CONTENT_TYPES: Mapping[ExportFormat, str] = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.NMAP_XML: "application/xml",
}
_SUFFIXES = {ExportFormat.CSV: "csv", ExportFormat.JSONL: "jsonl", ExportFormat.NMAP_XML: "xml"}


class ExportFilters(Model):
    """All of it must hold; what is left empty holds for everything. Which of them apply depends on the kind."""

    network: Id | Literal[""] = ""
    scan: Id | Literal[""] = ""
    address: str = Field(default="", max_length=300)
    """An address or a hostname; not with `cidr`."""
    cidr: str = Field(default="", max_length=64)
    port: int | None = Field(default=None, ge=0, le=65535)
    protocol: Protocol | None = None
    service: str = Field(default="", max_length=128)
    state: ExposureState | None = None
    status: AlertStatus | ScanStatus | Literal["unresolved"] | None = None
    type: AlertType | None = None
    severity: Severity | None = None
    assignee: str = Field(default="", max_length=128)
    group: Id | Literal[""] = ""
    since: Time | None = None
    """Raised then or later."""
    before: Time | None = None
    """Raised before then."""
    tag: str = Field(default="", max_length=64)
    """Of hosts."""
    up: bool | None = None


class ExportDraft(Model):
    kind: ExportKind
    format: ExportFormat
    filters: ExportFilters = ExportFilters()


class ExportStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Export(ExportDraft):
    id: Id
    project: Id
    status: ExportStatus = ExportStatus.WAITING
    rows: int = Field(default=0, ge=0)
    """Without a header; of a scan's XML its open ports."""
    size: int = Field(default=0, ge=0)
    """In bytes."""
    reason: str = Field(default="", max_length=512)
    """Of a failure."""
    created: Time
    created_by: str
    until: Time
    """The object is kept as long, and no link is given later."""
    ended: Time | None = None
    version: int = Field(default=1, ge=1)

    @property
    def key(self) -> str:
        """Of the object in the results bucket."""
        return f"exports/{self.project}/{self.id}/{self.file_name}"

    @property
    def file_name(self) -> str:
        return f"{self.kind.replace('_xml', '')}-{self.id}.{_SUFFIXES[self.format]}"


def check_draft(draft: ExportDraft) -> None:
    """Raises InvalidInput for a format that the kind has not, a filter that would do nothing, a missing scan."""
    if draft.format not in FORMATS[draft.kind]:
        formats = " or ".join(sorted(FORMATS[draft.kind]))
        raise InvalidInput("format", f"{draft.kind} come as {formats}")
    given = {name for name, value in draft.filters if value not in (None, "")}
    if unknown := sorted(given - FILTERS[draft.kind]):
        fitting = ", ".join(sorted(FILTERS[draft.kind]))
        raise InvalidInput(f"filters.{unknown[0]}", f"{draft.kind} can be filtered by {fitting}")
    if draft.kind is ExportKind.SCAN_XML and not draft.filters.scan:
        raise InvalidInput("filters.scan", "say which scan")
    allowed = ScanStatus if draft.kind is ExportKind.SCANS else AlertStatus
    if draft.filters.status not in (None, "unresolved", *(status.value for status in allowed)) or (
        draft.kind is ExportKind.SCANS and draft.filters.status == "unresolved"
    ):
        raise InvalidInput("filters.status", f"{draft.kind} have other statuses: {', '.join(allowed)}")
