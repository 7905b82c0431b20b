"""The task from its environment to the ledger, on the real stores."""

import logging
import subprocess
import sys
from datetime import timedelta

import pytest

from functions.core.chunk import Chunk, ChunkStatus
from functions.core.messages import ChunkSpec, ObservationLine, ResultTrailer
from scanner_image import __main__ as task
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
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(task, "shut_memory", lambda: None)
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


def test_the_task_imports_its_few_neighbours_alone() -> None:
    code = "import sys, scanner_image.__main__; print('\\n'.join(name for name in sys.modules if name.startswith('functions.')))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    names = {name for name in done.stdout.split() if not name.startswith("functions.core")}
    stores = {name for name in names if name.startswith("functions.store.")}
    assert (
        stores & {f"functions.store.{noun}" for noun in ("exposures", "alerts", "tokens", "scans", "networks")} == set()
    )
    assert names - stores == (ALLOWED - stores) | {"functions.store", "functions.adapters"}
