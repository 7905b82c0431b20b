"""Whole attempts, each a process in a worker's namespace of the lab."""

import gzip
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from functions.core.messages import ChunkSpec, Progress
from scanner_image.checkpoint import Checkpoint
from tests.lab.lab import Lab
from tests.scanner_image import fakes
from tests.scanner_image.cells_of import cells_of
from tests.scanner_image.fakes import Document

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 500
chunk_spec = partial(fakes.chunk_spec, deadline_s=400)
"""Whatever else the machine does, an attempt comes to its own end."""


class Attempts:
    """Attempts in a worker's namespace of the lab."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab = lab
        self.directory = directory

    def start(
        self, spec: ChunkSpec, *, worker: int = 0, name_servers: str = "", earlier: int = 0
    ) -> subprocess.Popen[bytes]:
        (self.directory / "spec.json").write_text(spec.model_dump_json())
        argv = [
            sys.executable,
            "-m",
            "tests.scanner_image.attempt",
            str(self.directory / "spec.json"),
            str(self.directory),
        ]
        # A killed attempt cannot clean up after itself; the tools' user must pass through.
        self.directory.chmod(0o711)
        environment = {
            **os.environ,
            "TMPDIR": str(self.directory),
            "NAME_SERVERS": name_servers,
            "EARLIER": str(earlier),
        }
        return subprocess.Popen(self.lab.in_worker(argv, worker=worker), cwd=REPOSITORY, env=environment)

    def run(self, spec: ChunkSpec, *, worker: int = 0, name_servers: str = "") -> Document:
        assert self.start(spec, worker=worker, name_servers=name_servers).wait(PATIENCE_S) == 0
        return self.document()

    @property
    def left(self) -> Checkpoint | None:
        """What an attempt at work, or one that was killed, has left for the next."""
        kept = self.directory / "checkpoint.json.gz"
        return Checkpoint.model_validate_json(gzip.decompress(kept.read_bytes())) if kept.exists() else None

    def document(self, *, attempt: int = 1) -> Document:
        return Document(self.directory / f"{attempt}-result.jsonl.gz")

    @property
    def progress(self) -> Progress:
        """What the last one that came to its end told the ledger."""
        return Progress.model_validate_json((self.directory / "progress.json").read_bytes())

    def truth(self, spec: ChunkSpec) -> set[tuple[str, int]]:
        """The open cells of a chunk."""
        everything = cells_of(spec)
        return {
            (asset, port)
            for asset, answering in self.lab.truth.items()
            for protocol, port in answering
            if protocol == spec.protocol and (asset, port) in everything
        }
