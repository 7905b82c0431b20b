"""`make scenario`: ten real scans of the lab, then ninety days of an estate, and what of it the product got wrong."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.conftest import free_port
from tests.e2e.platform import deployed
from tests.lab.lab import Lab
from tests.scenario import networks
from tests.scenario.audit import say
from tests.scenario.lab_story import LabStory
from tests.scenario.rehearsal import rehearsing, standing
from tests.scenario.script import read_script
from tests.scenario.story import Story

DAYS = int(os.environ.get("DAYS", "90"))
SCANS = int(os.environ.get("SCANS", "10"))
SCRIPTS = Path(__file__).parent


def main() -> int:
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab.start() as lab,
        deployed(Path(directory), port=free_port()) as platform,
    ):
        say(f"deployed after {time.monotonic() - started:.0f} s")
        platform.place_tasks(lab.worker_namespaces)
        nights = LabStory(standing(platform), lab, read_script(SCRIPTS / "lab_nights.txt", days=SCANS))
        nights.begin()
        nights.play()
        say(f"{SCANS} lab scans after {time.monotonic() - started:.0f} s")
        with rehearsing(platform, start=networks.START) as rehearsal:
            story = Story(rehearsal, read_script(SCRIPTS / "ninety_days.txt", days=DAYS))
            story.begin()
            story.play()
    say(f"{DAYS} days after {time.monotonic() - started:.0f} s")
    told = [nights.audit.expected, story.audit.expected]
    figures = {
        "days": DAYS,
        "lab_scans": SCANS,
        "real_changes": nights.real_changes + story.world.real_changes,
        "alerts": sum(each.raised for each in told),
        "false_alerts": sum(each.findings.false_alerts for each in told),
        "missed_alerts": sum(each.findings.missed_alerts for each in told),
        "wrong_states": sum(each.findings.wrong_states for each in told),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if any(each.findings.faults for each in told) else 0


if __name__ == "__main__":
    sys.exit(main())
