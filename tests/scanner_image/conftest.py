"""A worker with fake neighbours, and fake tools on its PATH."""

import asyncio
import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack

import pytest

from functions.core.messages import ChunkSpec
from functions.settings import WorkerSettings
from scanner_image import worker as module
from scanner_image.halt import Halt
from scanner_image.worker import Worker
from tests.lab.lab import Lab
from tests.scanner_image.fake_tools import FakeTools
from tests.scanner_image.fakes import PROJECT, SCAN, Document, FakeLedger, FakeLive, FakeResults
from tests.scanner_image.lab_attempts import Attempts


class Loop(asyncio.SelectorEventLoop):
    """A loop to which `passed` seconds more have gone by than to anybody else: what it was told to do by then is due."""

    passed = 0.0

    def time(self) -> float:
        return super().time() + self.passed


class Interference(TypedDict, total=False):
    """`once` something is so, and no sooner on a busy machine, `pass_s` seconds have passed for an attempt's timers, and `halt` is
    given as a SIGTERM's reason."""

    once: Callable[[], object]
    pass_s: float
    halt: str


@dataclass
class Stage:
    directory: Path
    ledger: FakeLedger = field(default_factory=FakeLedger)
    live: FakeLive = field(default_factory=FakeLive)
    shared_network: bool = True

    @property
    def found(self) -> bool:
        """Whether a port was told of."""
        return bool(self.live.of("port.found"))

    @property
    def left(self) -> dict[str, Any]:
        """The checkpoint; empty as long as there is none."""
        file = self.directory / "checkpoint.json.gz"
        left: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes())) if file.exists() else {}
        return left

    def run(self, spec: ChunkSpec, *, admit_loopback: bool = False, **interference: Unpack[Interference]) -> Document:
        """One attempt, and the document that it saved."""
        self.work(spec, admit_loopback=admit_loopback, **interference)
        assert self.ledger.saved is not None
        return Document(self.ledger.saved.result_key)

    def work(self, spec: ChunkSpec, *, admit_loopback: bool = False, **interference: Unpack[Interference]) -> str:
        """One attempt; gives how it ended."""
        settings = WorkerSettings(
            table="table",
            live_table="live",
            bucket="bucket",
            project=PROJECT,
            scan=SCAN,
            chunk=spec.chunk,
            run=1,
            admit_loopback=admit_loopback,
            shared_network=self.shared_network,
        )

        async def interfere(stop: Halt, happened: Callable[[], object]) -> None:
            while not happened():
                await asyncio.sleep(0.02)
            loop.passed += interference.get("pass_s", 0)
            if halt := interference.get("halt"):
                stop("partial", halt)

        async def attempt() -> str:
            stop = Halt()
            worker = Worker(settings, self.ledger, self.live, FakeResults(spec, self.directory), stop)
            once = interference.get("once")
            interfering = asyncio.create_task(interfere(stop, once)) if once else None
            try:
                return await worker.work()
            finally:
                if interfering:
                    interfering.cancel()

        loop = Loop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(attempt())


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


@pytest.fixture
def attempts(lab: Lab) -> Iterator[Attempts]:
    with tempfile.TemporaryDirectory() as directory:
        yield Attempts(lab, Path(directory))
