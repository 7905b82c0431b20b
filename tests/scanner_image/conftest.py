"""A worker with fake neighbours, and fake tools on its PATH."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.core.messages import ChunkSpec
from functions.settings import WorkerSettings
from scanner_image import worker as module
from scanner_image.halt import Halt
from scanner_image.worker import Worker
from tests.scanner_image.fake_tools import FakeTools
from tests.scanner_image.fakes import PROJECT, SCAN, Document, FakeLedger, FakeLive, FakeResults


@dataclass
class Stage:
    directory: Path
    ledger: FakeLedger = field(default_factory=FakeLedger)
    live: FakeLive = field(default_factory=FakeLive)

    def run(self, spec: ChunkSpec, *, admit_loopback: bool = False, after_s: float = 0, halt: str = "") -> Document:
        """One attempt; `halt` is given as a SIGTERM's reason after `after_s` seconds."""
        self.work(spec, admit_loopback=admit_loopback, after_s=after_s, halt=halt)
        assert self.ledger.saved is not None
        return Document(self.ledger.saved.result_key)

    def work(self, spec: ChunkSpec, *, admit_loopback: bool = False, after_s: float = 0, halt: str = "") -> str:
        settings = WorkerSettings(
            table="table",
            live_table="live",
            bucket="bucket",
            project=PROJECT,
            scan=SCAN,
            chunk=spec.chunk,
            run=1,
            admit_loopback=admit_loopback,
        )

        async def attempt() -> str:
            stop = Halt()
            if halt:
                asyncio.get_running_loop().call_later(after_s, stop, "partial", halt)
            worker = Worker(settings, self.ledger, self.live, FakeResults(spec, self.directory), stop)
            return await worker.work()

        return asyncio.run(attempt())


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The kernel's routes are not asked: that takes a socket, which unit tests have none of."""
    monkeypatch.setattr(module, "sources", lambda _spec: ("10.9.0.2",))
    return Stage(tmp_path)


@pytest.fixture
def fake_tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTools]:
    """In a directory that other users can reach, as the tools' own user must."""
    directory = Path(tempfile.mkdtemp(prefix="vedette-fakes-"))
    directory.chmod(0o777)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    yield FakeTools(directory)
    shutil.rmtree(directory)
