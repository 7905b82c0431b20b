"""The scanner task with a clock that is wrong by so many seconds: `python -m tests.faults.skewed -120`.

It says so in its log once the clock was read.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.settings import WorkerSettings
from functions.store.ledger import Ledger
from functions.store.tally import Tally
from scanner_image import __main__ as task
from scanner_image.halt import Halt
from scanner_image.worker import Worker

READ = "a clock was read that is wrong"


def wrong_clock(by: timedelta) -> Callable[[], datetime]:
    told = False

    def now() -> datetime:
        nonlocal told
        if not told:
            told = True
            sys.stderr.write(f"{READ} by {by.total_seconds():.0f} s\n")
        return datetime.now(UTC) + by

    return now


def main() -> int:
    clock, made = wrong_clock(timedelta(seconds=float(sys.argv[1]))), task.worker

    def skewed(settings: WorkerSettings, halt: Halt, ledger: Ledger, tally: Tally) -> Worker:
        return replace(made(settings, halt, ledger, tally), clock=clock)

    task.worker = skewed
    return task.main()


if __name__ == "__main__":
    sys.exit(main())
