"""A worker's attempt at a chunk, run in the place of one of the lab's workers."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.core.messages import ChunkSpec
from tests.lab.lab import Lab
from tests.scanner_image.fakes import Document


@dataclass(frozen=True)
class Attempt:
    """`effort`: what the worker told the ledger of its own work."""

    seconds: float
    document: Document
    effort: dict[str, Any]


def attempt(lab: Lab, spec: ChunkSpec, *, worker: int = 0) -> Attempt:
    """Raises SystemExit where the worker ended with an error. What it does is bounded by the chunk's own deadline."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o711)
        (place / "spec.json").write_text(spec.model_dump_json())
        argv = [sys.executable, "-m", "tests.scanner_image.attempt", str(place / "spec.json"), name]
        started = time.monotonic()
        done = subprocess.run(
            lab.in_worker(argv, worker=worker),
            capture_output=True,
            text=True,
            timeout=spec.deadline_s + 100,
            check=False,
            env=dict(os.environ) | {"TMPDIR": name},
        )
        seconds = time.monotonic() - started
        if done.returncode:
            raise SystemExit(f"the worker ended with {done.returncode}: {done.stderr[-2000:]}")
        return Attempt(seconds, Document(place / "1-result.jsonl.gz"), json.loads((place / "effort.json").read_text()))
