"""The scanner task with a clock that is wrong by so many seconds: `python -m tests.faults.skewed -120`."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.settings import WorkerSettings
from functions.store.ledger import Ledger
from functions.store.tally import Tally
from scanner_image import __main__ as task
from scanner_image.halt import Halt
from scanner_image.worker import Worker


def main() -> int:
    wrong, made = timedelta(seconds=float(sys.argv[1])), task.worker

    def skewed(settings: WorkerSettings, halt: Halt, ledger: Ledger, tally: Tally) -> Worker:
        return replace(made(settings, halt, ledger, tally), clock=lambda: datetime.now(UTC) + wrong)

    task.worker = skewed
    return task.main()


if __name__ == "__main__":
    sys.exit(main())
