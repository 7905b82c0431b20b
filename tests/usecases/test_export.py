"""Exports written from the stores into the bucket."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters.export_objects import ExportObjects
from functions.adapters.spill import Spill
from functions.core.errors import NotFound, StaleVersion, Unavailable
from functions.core.export import Export, ExportStatus
from functions.core.ids import new_id
from functions.store.alert_lists import AlertLists
from functions.store.exports import Exports
from functions.store.hosts import Hosts
from functions.usecases import export as module
from functions.usecases.export import WriteExport
from functions.usecases.scan_document import ScanDocument
from tests.backend import BUCKET, NOW, Backend
from tests.store.examples import alert, exposure, host


@pytest.fixture
def write(backend: Backend) -> WriteExport:
    return WriteExport(
        exports=Exports(backend.table),
        networks=backend.networks,
        exposures=backend.exposures,
        hosts=Hosts(backend.table),
        alerts=AlertLists(backend.table),
        scans=backend.scans,
        document=ScanDocument(ledger=backend.ledger, results=backend.results),
        objects=ExportObjects(backend.results.client, BUCKET),
        now=backend.clock,
        limit_s=60,
    )


def asked(backend: Backend, kind: str = "exposures", form: str = "jsonl", **filters: Any) -> Export:
    export = Export.model_validate(
        {
            "id": new_id(NOW),
            "project": backend.project,
            "kind": kind,
            "format": form,
            "filters": filters,
            "created": NOW,
            "created_by": "somebody",
            "until": NOW + timedelta(days=7),
        }
    )
    Exports(backend.table).create(export)
    return export


def written(backend: Backend, write: WriteExport, export: Export) -> str:
    done = write(project=export.project, export=export.id)
    assert done.status is ExportStatus.DONE, done.reason
    text = str(backend.results.client.get_object(Bucket=BUCKET, Key=export.key)["Body"].read().decode())
    assert done.size == len(text.encode())
    return text


def an_estate(backend: Backend) -> tuple[str, str]:
    """Two networks with two open ports each."""
    networks = backend.network(), backend.network(id=new_id(NOW + timedelta(seconds=1)), name="other")
    for network in networks:
        for port in (22, 443):
            backend.exposures.save(exposure("10.0.0.1", port, project=backend.project, network=network.id))
        Hosts(backend.table).save(host("10.0.0.1", project=backend.project, network=network.id))
    return networks[0].id, networks[1].id


def test_exposures_of_every_network_are_lines_of_json(backend: Backend, write: WriteExport) -> None:
    networks = an_estate(backend)
    lines = [json.loads(line) for line in written(backend, write, asked(backend)).splitlines()]
    assert [(line["network"], line["port"]) for line in lines] == [
        (one, port) for one in networks for port in (22, 443)
    ]


@pytest.mark.parametrize(
    ("kind", "filters", "rows"),
    [
        ("exposures", {"port": 22}, 2),
        ("exposures", {"state": "closed"}, 0),
        ("exposures", {"address": "10.0.0.1", "protocol": "tcp"}, 4),
        ("hosts", {}, 2),
        ("hosts", {"cidr": "10.9.0.0/16"}, 0),
        ("hosts", {"up": True}, 2),
        ("hosts", {"tag": "dmz"}, 0),
        ("alerts", {}, 2),
        ("alerts", {"severity": "high", "port": 22, "status": "unresolved"}, 1),
        ("alerts", {"type": "BLOCKED"}, 0),
        ("alerts", {"before": "2000-01-01T00:00:00Z"}, 0),
        ("alerts", {"since": "2000-01-01T00:00:00Z"}, 2),
        ("alerts", {"assignee": "ops"}, 0),
        ("scans", {}, 1),
        ("scans", {"status": "failed"}, 0),
    ],
)
def test_filters_choose_rows_of_a_table(
    backend: Backend, write: WriteExport, kind: str, filters: dict[str, Any], rows: int
) -> None:
    an_estate(backend)
    backend.scan(backend.networks.list(backend.project).items[0])
    for port in (22, 23):
        backend.alerts.create(alert(f"of {port}", project=backend.project, port=port))
    export = asked(backend, kind, "csv", **filters)
    text = written(backend, write, export)
    assert len(list(csv.DictReader(io.StringIO(text, newline="")))) == rows
    assert write.exports.get(export.project, export.id, now=NOW).rows == rows
    assert text.startswith('"')


def test_one_network_is_exported_alone(backend: Backend, write: WriteExport) -> None:
    first, _ = an_estate(backend)
    lines = written(backend, write, asked(backend, network=first)).splitlines()
    assert {json.loads(line)["network"] for line in lines} == {first}


def test_a_message_that_comes_again_writes_nothing_again(backend: Backend, write: WriteExport) -> None:
    export = asked(backend)
    done = write(project=export.project, export=export.id)
    assert write(project=export.project, export=export.id) == done


def test_a_bucket_that_does_not_answer_fails_the_export_until_the_message_comes_again(
    backend: Backend, write: WriteExport
) -> None:
    export = asked(backend)

    class Busy(ExportObjects):
        def write(self, export: Export, texts: Any) -> int:
            raise Unavailable("busy")

    with pytest.raises(Unavailable):
        replace(write, objects=Busy(backend.results.client, BUCKET))(project=export.project, export=export.id)
    failed = write.exports.get(export.project, export.id, now=NOW)
    assert (failed.status, failed.reason) == (ExportStatus.FAILED, "Unavailable; it will be tried again")
    assert write(project=export.project, export=export.id).status is ExportStatus.DONE


def test_what_would_fail_again_is_not_tried_again(backend: Backend, write: WriteExport) -> None:
    export = asked(backend, "scan_xml", "nmap_xml", scan=new_id(NOW))
    failed = write(project=export.project, export=export.id)
    assert failed.status is ExportStatus.FAILED
    assert "there is no scan" in failed.reason


def test_an_export_that_takes_too_long_says_how_to_ask_for_less(
    backend: Backend, write: WriteExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_estate(backend)
    monkeypatch.setattr(module, "PAGE", 1)
    export = asked(backend)
    failed = replace(write, limit_s=-1)(project=export.project, export=export.id)
    assert failed.status is ExportStatus.FAILED
    assert "export a part of it" in failed.reason
    assert "Contents" not in backend.results.client.list_objects_v2(Bucket=BUCKET, Prefix=export.key)


def test_an_export_whose_time_is_over_is_not_there(backend: Backend, write: WriteExport) -> None:
    export = asked(backend)
    backend.clock.pass_by(8 * 86_400)
    with pytest.raises(NotFound):
        write(project=export.project, export=export.id)
    assert write.exports.list(export.project, now=backend.clock()).items == ()


def test_of_two_who_write_one_export_one_tells(backend: Backend, write: WriteExport) -> None:
    export = asked(backend)
    first = write.exports.begin(export)
    write.exports.begin(first)
    with pytest.raises(StaleVersion):
        write.exports.finish(first, rows=0, size=0, now=NOW)


def test_a_scan_without_results_is_a_document_without_hosts(backend: Backend, write: WriteExport) -> None:
    scan = backend.scan(backend.network())
    closed = []

    @contextmanager
    def spill() -> Iterator[Spill]:
        with Spill.on_disk() as lines:
            yield lines
        closed.append(True)

    export = asked(backend, "scan_xml", "nmap_xml", scan=scan.id)
    text = written(backend, replace(write, document=replace(write.document, spill=spill)), export)
    assert '<hosts up="0" down="0" total="0"/>' in text
    assert closed
