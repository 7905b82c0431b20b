"""What may be asked to be exported."""

from typing import Any

import pytest

from functions.core.errors import InvalidInput
from functions.core.export import Export, ExportDraft, check_draft
from tests.store.examples import AT, NETWORK, PROJECT, SCAN, identifier


@pytest.mark.parametrize(
    ("kind", "form", "filters"),
    [
        (
            "exposures",
            "csv",
            {"network": NETWORK, "cidr": "10.0.0.0/8", "port": 0, "protocol": "udp", "state": "suspect"},
        ),
        ("hosts", "jsonl", {"address": "10.0.0.1", "tag": "dmz", "up": False}),
        ("alerts", "csv", {"assignee": "ops", "group": SCAN, "since": AT, "before": AT}),
        ("alerts", "csv", {"status": "unresolved", "type": "BLOCKED", "severity": "high"}),
        ("alerts", "csv", {"status": "in_progress"}),
        ("scans", "jsonl", {"status": "partial"}),
        ("scan_xml", "nmap_xml", {"scan": SCAN}),
    ],
)
def test_every_kind_has_its_formats_and_filters(kind: str, form: str, filters: dict[str, Any]) -> None:
    check_draft(ExportDraft.model_validate({"kind": kind, "format": form, "filters": filters}))


@pytest.mark.parametrize(
    ("kind", "form", "filters", "field"),
    [
        ("exposures", "nmap_xml", {}, "format"),
        ("scan_xml", "csv", {"scan": SCAN}, "format"),
        ("scan_xml", "nmap_xml", {}, "filters.scan"),
        ("exposures", "csv", {"scan": SCAN}, "filters.scan"),
        ("hosts", "csv", {"port": 22}, "filters.port"),
        ("exposures", "csv", {"up": False}, "filters.up"),
        ("hosts", "csv", {"assignee": "ops"}, "filters.assignee"),
        ("scans", "csv", {"address": "10.0.0.1"}, "filters.address"),
        ("alerts", "csv", {"status": "completed"}, "filters.status"),
        ("scans", "csv", {"status": "open"}, "filters.status"),
        ("scans", "csv", {"status": "unresolved"}, "filters.status"),
        ("exposures", "csv", {"status": "open"}, "filters.status"),
    ],
)
def test_what_would_do_nothing_or_cannot_be_is_refused_by_its_field(
    kind: str, form: str, filters: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_draft(ExportDraft.model_validate({"kind": kind, "format": form, "filters": filters}))
    assert refused.value.field == field


def test_an_object_lies_under_its_project_and_has_a_telling_name() -> None:
    one = {"id": identifier("export"), "project": PROJECT, "created": AT, "created_by": "x", "until": AT}
    export = Export.model_validate({**one, "kind": "scan_xml", "format": "nmap_xml"})
    assert export.key == f"exports/{PROJECT}/{export.id}/scan-{export.id}.xml"
