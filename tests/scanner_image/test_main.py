"""The task from its environment to the ledger, on the real stores."""

import json
import logging
import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from functions.core.chunk import Chunk, ChunkStatus
from functions.core.messages import ChunkSpec, ObservationLine, ResultTrailer
from scanner_image import __main__ as task
from scanner_image import worker
from tests.backend import BUCKET, NOW, Backend, aws_clients, backend
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools, discovered
from tests.scanner_image.fakes import chunk_spec

__all__ = ["aws_clients", "backend"]

ALLOWED = {"functions.adapters.results", "functions.settings", "functions.store.ledger", "functions.store.live"}


@pytest.fixture
def spec(backend: Backend, monkeypatch: pytest.MonkeyPatch, fake_tools: FakeTools) -> ChunkSpec:
    """A planned chunk, the environment of its task, and a scanner that finds one port."""
    spec = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80")
    variables = {
        "TABLE": backend.table.name,
        "LIVE_TABLE": backend.live_table.name,
        "BUCKET": BUCKET,
        "PROJECT": spec.project,
        "SCAN": spec.scan,
        "CHUNK": spec.chunk,
        "RUN": "1",
        "SHARED_NETWORK": "true",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(task, "shut_memory", lambda: None)
    monkeypatch.setattr(worker, "sources", lambda _spec: ())
    backend.results.put_spec(spec)
    backend.ledger.create([Chunk(project=spec.project, scan=spec.scan, chunk=spec.chunk)])
    fake_tools.install(masscan=f"{ACCOUNT}; {discovered('10.9.1.2', 80)}; {DONE}")
    return spec


def test_a_task_claims_scans_and_saves(backend: Backend, spec: ChunkSpec) -> None:
    assert task.main() == 0

    chunk = backend.ledger.get(spec.project, spec.scan, spec.chunk)
    lines = list(backend.results.open_result(chunk.result_key))
    assert (chunk.status, chunk.attempt, chunk.outcome) == (ChunkStatus.SAVED, 1, "complete")
    assert [(line.asset, line.port) for line in lines if isinstance(line, ObservationLine)] == [("10.9.1.2", 80)]
    assert isinstance(lines[-1], ResultTrailer)
    told = backend.live.replay(spec.project, f"scan:{spec.scan}", limit=50).items
    assert {"chunk.started", "port.found", "chunk.done"} <= {event.type for event in told}


def test_a_chunk_that_another_attempt_holds_is_left_alone(
    backend: Backend, spec: ChunkSpec, caplog: pytest.LogCaptureFixture
) -> None:
    later = NOW + timedelta(days=3650)
    held = backend.ledger.claim(spec.project, spec.scan, spec.chunk, run=1, now=later, lease_s=600)

    with caplog.at_level(logging.ERROR):
        assert task.main() == 1

    assert backend.ledger.get(spec.project, spec.scan, spec.chunk) == held
    assert "superseded" in caplog.text


def _range(first: str, last: str = "") -> dict[str, Any]:
    return {"addresses": [{"first": "10.9.1.1", "last": "10.9.1.1"}, {"first": first, "last": last or first}]}


def _pinned(*addresses: str, name: str = "www.example") -> dict[str, Any]:
    return {"hosts": [{"name": name, "addresses": addresses}]}


UNREADABLE: list[dict[str, Any]] = [
    *(
        _range(text)
        for text in (
            "0177.0.0.1", "010.9.1.1", "0x7f000001", "2130706433", "127.1", "127.0.0.1.", " 127.0.0.1", "127.0.0.1\n", "127.0.0.1\x00",
            "\uff11\uff12\uff17.0.0.1", "fe80::1%eth0", "[::1]", "10.9.1.0/24", "localhost", "-iL /etc/passwd", "10.9.1.2;id", "$(id)", "",
        )
    ),
    _range("10.9.1.9", "10.9.1.2"),
    _range("10.9.1.9", "fd00::1"),
    _pinned("127.1"),
    _pinned("-oN/tmp/x"),
    _pinned(),
    *({"ports": text} for text in ("22;id", "-p-", "22 -oN /tmp/x", "$(id)", "22\n80", "1-65536", "9" * 400, "80-22", "top-100")),
    {"protocol": "tcp;id"},
    {"profile": {"name": "standard", "flags": "--script=x"}},
    {"profile": {"name": "standard;id"}},
    {"profile": {"name": "standard", "version_intensity": 10}},
    {"rate": 0},
    {"rate": "1000 --router-mac 00"},
    {"version": 2},
    {"argv": ["id"]},
]  # fmt: skip
OUT_OF_SCOPE: list[dict[str, Any]] = [
    *(
        _range(text)
        for text in (
            "127.0.0.1", "169.254.169.254", "224.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "fe80::1", "ff02::1",
            str(ip_address("::ffff:7f00:1")), "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fd00:ec2::254",
        )
    ),
    _range("10.0.0.0", "126.0.0.0") | {"exclusions": [{"first": "11.0.0.1", "last": "11.0.0.1"}]},
    _range("0.0.0.0", "255.255.255.255"),
    _pinned("10.9.1.9", "127.0.0.1"),
    _pinned("::ffff:169.254.169.254"),
    {"project": "01ARZ3NDEKTSV4RRFFQ69G5FB0"},
    {"scan": "01ARZ3NDEKTSV4RRFFQ69G5FB0"},
    {"chunk": "00001"},
]  # fmt: skip


@pytest.mark.parametrize("change", UNREADABLE, ids=str)
def test_a_spec_that_our_planner_cannot_have_written_is_not_even_claimed(
    backend: Backend, spec: ChunkSpec, fake_tools: FakeTools, change: dict[str, Any]
) -> None:
    _replace_spec(backend, spec, change)
    assert task.main() == 1
    assert not fake_tools.ran("masscan") | fake_tools.ran("nmap")
    assert backend.ledger.get(spec.project, spec.scan, spec.chunk).attempt == 0


@pytest.mark.parametrize("change", OUT_OF_SCOPE, ids=str)
def test_a_spec_out_of_scope_fails_its_chunk_before_anything_is_sent(
    backend: Backend, spec: ChunkSpec, fake_tools: FakeTools, change: dict[str, Any]
) -> None:
    _replace_spec(backend, spec, change)
    assert task.main() == 0
    assert not fake_tools.ran("masscan") | fake_tools.ran("nmap")
    assert backend.ledger.get(spec.project, spec.scan, spec.chunk).status is ChunkStatus.FAILED


def _replace_spec(backend: Backend, spec: ChunkSpec, change: dict[str, Any]) -> None:
    key = backend.results.put_spec(spec)
    body = json.dumps(spec.model_dump(mode="json") | change).encode()
    backend.results.client.put_object(Bucket=BUCKET, Key=key, Body=body)


def test_the_task_imports_its_few_neighbours_alone() -> None:
    code = "import sys, scanner_image.__main__; print('\\n'.join(name for name in sys.modules if name.startswith('functions.')))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    names = {name for name in done.stdout.split() if not name.startswith("functions.core")}
    stores = {name for name in names if name.startswith("functions.store.")}
    assert (
        stores & {f"functions.store.{noun}" for noun in ("exposures", "alerts", "tokens", "scans", "networks")} == set()
    )
    assert names - stores == (ALLOWED - stores) | {"functions.store", "functions.adapters"}
