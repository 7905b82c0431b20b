"""One attempt as a process, for tests that run it in a network namespace: `python -m tests.scanner_image.attempt SPEC DIRECTORY`.

EARLIER attempts of the chunk, if any, were made in the same directory."""

import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from functions.core.messages import ChunkSpec
from functions.settings import WorkerSettings
from scanner_image.child import shut_memory
from scanner_image.halt import Halt
from scanner_image.worker import Worker
from tests.scanner_image.fakes import FakeLedger, FakeLive, FakeResults


async def attempt(spec: ChunkSpec, directory: Path) -> None:
    halt, live, ledger = Halt(), FakeLive(), FakeLedger(attempt=int(os.environ.get("EARLIER", "0")))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, halt, "partial", "the task was told to end")
    settings = WorkerSettings(
        table="table",
        live_table="live",
        bucket="bucket",
        project=spec.project,
        scan=spec.scan,
        chunk=spec.chunk,
        run=1,
        admit_loopback=True,
        name_servers=os.environ.get("NAME_SERVERS", ""),
        shared_network=False,
    )
    await Worker(settings, ledger, live, FakeResults(spec, directory), halt).work()
    if ledger.saved is not None:
        (directory / "effort.json").write_text(json.dumps(ledger.saved.effort))
        (directory / "progress.json").write_text(ledger.saved.progress.model_dump_json())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    shut_memory()
    asyncio.run(attempt(ChunkSpec.model_validate_json(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2])))
