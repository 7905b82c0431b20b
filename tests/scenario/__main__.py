"""`make scenario`: ten real scans of the lab, then ninety days of an estate; the last line on stdout tells what was wrong."""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from tests.e2e.conftest import free_port
from tests.e2e.platform import Platform, deployed
from tests.lab.lab import Lab
from tests.progress import say
from tests.scenario.scenario import Outcome, figures, in_the_lab, through_the_days

DAYS = int(os.environ.get("DAYS", "90"))
SCANS = int(os.environ.get("SCANS", "10"))


def nights() -> Outcome:
    with tempfile.TemporaryDirectory() as directory, Lab.start() as lab, _platform(directory) as platform:
        return in_the_lab(platform, lab, scans=SCANS)


def days() -> Outcome:
    with tempfile.TemporaryDirectory() as directory, _platform(directory) as platform:
        return through_the_days(platform, days=DAYS)


def _platform(directory: str) -> AbstractContextManager[Platform]:
    return deployed(Path(directory), port=free_port(), tell=say)


def main() -> int:
    """Both at once, each on a stack of its own: scans in the lab mostly wait."""
    started = time.monotonic()
    with ThreadPoolExecutor() as pool:
        stories = [pool.submit(days), pool.submit(nights)]
    estate, lab = (story.result() for story in stories)
    say(f"told after {time.monotonic() - started:.0f} s")
    sys.stdout.write(json.dumps(figures(lab, estate)) + "\n")
    return 1 if lab.faults or estate.faults else 0


if __name__ == "__main__":
    sys.exit(main())
