"""Where an attempt sends from is asked of the kernel, and nothing is sent for it."""

import hashlib
from pathlib import Path

import pytest

from functions.core.messages import PinnedHost
from scanner_image import sources as module
from scanner_image.keeping import saved_files
from scanner_image.sources import sources
from tests.scanner_image.fakes import chunk_spec


def test_each_way_out_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {"10.0.0.1": "10.9.0.2", "10.0.0.9": "10.9.0.2", "192.0.2.80": "198.51.100.9", "fd00::1": "fd00::9"}
    monkeypatch.setattr(module, "_source", ways.__getitem__)
    spec = chunk_spec("10.0.0.1", "10.0.0.9", "fd00::1", ports="22").model_copy(
        update={"hosts": (PinnedHost(name="www.example.com", addresses=("192.0.2.80",)),)}
    )
    assert sources(spec) == ("10.9.0.2", "fd00::9", "198.51.100.9")


def test_where_no_route_leads_nothing_is_sent_from(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_target: str) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr(module, "_source", unreachable)
    assert sources(chunk_spec("10.0.0.1", ports="22")) == ()


def test_what_was_saved_is_told_with_its_digest(tmp_path: Path) -> None:
    document, raw = tmp_path / "result.jsonl.gz", tmp_path / "nmap-1.xml.gz"
    document.write_bytes(b"result")
    raw.write_bytes(b"raw")
    told = {file.name: (file.size, file.sha256) for file in saved_files(document, [raw])}
    assert told == {
        "result.jsonl.gz": (6, hashlib.sha256(b"result").hexdigest()),
        "raw/nmap-1.xml.gz": (3, hashlib.sha256(b"raw").hexdigest()),
    }
