"""A scan's results as one document, whatever chunks they came in."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from functions.core.chunk import Chunk
from functions.core.coverage import Method
from functions.core.errors import NotFound
from functions.core.messages import HostLine, ObservationLine, ResultHeader
from functions.core.scan import Scan
from functions.usecases.scan_document import ScanDocument
from tests.backend import BUCKET, NOW, Backend
from tests.result_document import write_result

_CHUNKS = count()


@pytest.fixture
def scan(backend: Backend) -> Scan:
    return backend.scan(backend.network("10.0.0.0/24", "web.example"))


def observed(asset: str, port: int, protocol: str = "tcp", *, address: str = "") -> ObservationLine:
    plain = {
        "asset": asset,
        "address": address or asset,
        "protocol": protocol,
        "port": port,
        "how": Method.SYN,
        "at": NOW,
    }
    return ObservationLine.model_validate(plain)


def up(asset: str, *, address: str = "", **fields: Any) -> HostLine:
    return HostLine(asset=asset, address=address or asset, up=fields.pop("up", True), at=NOW, **fields)


def saved(
    backend: Backend, scan: Scan, folder: Path, *lines: HostLine | ObservationLine, tools: dict[str, str] | None = None
) -> Chunk:
    name = f"{next(_CHUNKS):05}"
    backend.ledger.create([Chunk(project=scan.project, scan=scan.id, chunk=name, cells=1)])
    chunk = backend.ledger.claim(scan.project, scan.id, name, run=1, now=NOW, lease_s=400)
    header = ResultHeader(
        project=scan.project, scan=scan.id, chunk=name, attempt=1, started=NOW, mode="raw", tools=tools or {}
    )
    path = write_result(folder / name, header=header, lines=lines, ended=NOW)
    key = backend.results.put_result(path, project=scan.project, scan=scan.id, chunk=name, attempt=1)
    return backend.ledger.save(chunk, result_key=key, outcome="complete")


def document(backend: Backend, scan: Scan) -> tuple[Any, int]:
    ports: list[None] = []
    told = ScanDocument(ledger=backend.ledger, results=backend.results)(scan, count=lambda: ports.append(None))
    return fromstring("".join(told)), len(ports)


def test_a_host_of_several_chunks_is_one_and_all_are_in_order(backend: Backend, scan: Scan, tmp_path: Path) -> None:
    saved(backend, scan, tmp_path, up("10.0.0.10"), observed("10.0.0.10", 443), observed("10.0.0.9", 9))
    saved(backend, scan, tmp_path, up("10.0.0.10", names=("ten.example",)), observed("10.0.0.10", 22), up("10.0.0.9"))
    saved(backend, scan, tmp_path, up("10.0.0.10"), observed("10.0.0.10", 53, "udp"), observed("10.0.0.10", 1000))
    run, ports = document(backend, scan)
    assert [(host.find("address").get("addr"), [
        (port.get("protocol"), port.get("portid")) for port in host.findall("ports/port")
    ]) for host in run.findall("host")] == [
        ("10.0.0.9", [("tcp", "9")]),
        ("10.0.0.10", [("tcp", "22"), ("tcp", "443"), ("tcp", "1000"), ("udp", "53")]),
    ]  # fmt: skip
    assert run.findall("host")[1].find("hostnames/hostname").get("name") == "ten.example"
    assert ports == 5
    assert run.find("runstats/hosts").get("up") == "2"


def test_every_address_of_a_hostname_is_a_host_that_has_its_name(backend: Backend, scan: Scan, tmp_path: Path) -> None:
    lines = [observed("web.example", 443, address=address) for address in ("10.0.0.1", "10.0.0.2")]
    saved(backend, scan, tmp_path, *lines)
    run, _ = document(backend, scan)
    assert [
        (host.find("address").get("addr"), host.find("hostnames/hostname").get("name")) for host in run.findall("host")
    ] == [("10.0.0.1", "web.example"), ("10.0.0.2", "web.example")]


def test_a_host_that_is_down_is_none(backend: Backend, scan: Scan, tmp_path: Path) -> None:
    saved(backend, scan, tmp_path, up("10.0.0.1", up=False), tools={"nmap": "7.93"})
    run, _ = document(backend, scan)
    assert run.findall("host") == []
    assert run.get("version") == "7.93"


def test_a_chunk_that_was_not_saved_is_left_out_and_a_result_that_expired_is_said(
    backend: Backend, scan: Scan, tmp_path: Path
) -> None:
    backend.ledger.create([Chunk(project=scan.project, scan=scan.id, chunk="99999", cells=1)])
    assert document(backend, scan)[1] == 0
    chunk = saved(backend, scan, tmp_path, observed("10.0.0.1", 1))
    backend.results.client.delete_object(Bucket=BUCKET, Key=chunk.result_key)
    with pytest.raises(NotFound):
        document(backend, scan)
