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
from scanner_image.child import shut_memory
from scanner_image.halt import Halt
from scanner_image.worker import Worker

_CALLS = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
"""Bounded, so that a save on SIGTERM ends well before the task is killed."""


def worker(settings: WorkerSettings, halt: Halt) -> Worker:
    dynamodb, s3 = boto3.client("dynamodb", config=_CALLS), boto3.client("s3", config=_CALLS)
    return Worker(
        settings,
        ledger=Ledger(Table(dynamodb, settings.table)),
        live=Live(Table(dynamodb, settings.live_table)),
        results=Results(s3, settings.bucket),
        halt=halt,
    )


async def work() -> str:
    halt = Halt()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, halt, "partial", "the task was told to end")
    return await worker(WorkerSettings.from_environment(), halt).work()


def main() -> int:
    """0: the attempt came to an end that the ledger knows. 1: it did not, and the ledger decides what follows."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    shut_memory()
    try:
        asyncio.run(work())
    except VedetteError as error:
        logging.error("%s: %s", error.slug, error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
