"""The scanner task: one chunk, one attempt."""

import asyncio
import logging
import signal
import sys

import boto3
from botocore.config import Config

from functions.adapters.results import Results
from functions.core.errors import VedetteError
from functions.settings import WorkerSettings
from functions.store.ledger import Ledger
from functions.store.live import Live
from functions.store.table import Table
from functions.store.tally import Tally
from scanner_image.child import shut_memory
from scanner_image.halt import Halt
from scanner_image.worker import Worker

_CALLS = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
"""Bounded, so that a save on SIGTERM ends well before the task is killed."""


def worker(settings: WorkerSettings, halt: Halt, ledger: Ledger, tally: Tally) -> Worker:
    dynamodb, s3 = ledger.table.client, boto3.client("s3", config=_CALLS)
    tally.watch(dynamodb, s3)
    return Worker(
        settings,
        ledger=ledger,
        live=Live(Table(dynamodb, settings.live_table)),
        results=Results(s3, settings.bucket),
        halt=halt,
        said=tally.said,
    )


async def work(log: logging.Handler) -> str:
    halt = Halt()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, halt, "partial", "the task was told to end")
    settings, tally = WorkerSettings.from_environment(), Tally()
    tally.listen(log)
    ledger = Ledger(Table(boto3.client("dynamodb", config=_CALLS), settings.table))
    try:
        return await worker(settings, halt, ledger, tally).work()
    finally:
        await asyncio.to_thread(_note, settings, ledger, tally)


def _note(where: WorkerSettings, ledger: Ledger, tally: Tally) -> None:
    """What the attempt has asked of AWS, and logged, on the scan; a note that fails is told, and no more."""
    try:
        ledger.meter(where.project, where.scan, tally.take())
    except VedetteError as error:
        logging.warning("what was used was not noted: %s", error.message)


def main() -> int:
    """0: the attempt came to an end that the ledger knows. 1: it did not, and the ledger decides what follows."""
    log = logging.StreamHandler(sys.stderr)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=[log])
    shut_memory()
    try:
        asyncio.run(work(log))
    except VedetteError as error:
        logging.error("%s: %s", error.slug, error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
