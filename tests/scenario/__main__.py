"""`make scenario`: ten real scans of the lab, then ninety days of an estate; the last line on stdout tells what was wrong."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.conftest import free_port
from tests.e2e.platform import deployed
from tests.lab.lab import Lab
from tests.scenario.audit import say
from tests.scenario.scenario import run

DAYS = int(os.environ.get("DAYS", "90"))
SCANS = int(os.environ.get("SCANS", "10"))


def main() -> int:
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab.start() as lab,
        deployed(Path(directory), port=free_port()) as platform,
    ):
        say(f"deployed after {time.monotonic() - started:.0f} s")
        outcome = run(platform, lab, lab_scans=SCANS, days=DAYS)
    say(f"told after {time.monotonic() - started:.0f} s")
    sys.stdout.write(json.dumps(outcome.figures()) + "\n")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
