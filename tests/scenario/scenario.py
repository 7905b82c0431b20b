"""The two stories on deployed stacks, and what of them the product got wrong."""

from dataclasses import dataclass
from pathlib import Path

from tests.e2e.platform import Json, Platform
from tests.lab.lab import Lab
from tests.progress import say
from tests.scenario import networks
from tests.scenario.expected import Expected
from tests.scenario.lab_story import LabStory
from tests.scenario.rehearsal import rehearsing, standing
from tests.scenario.script import read_script
from tests.scenario.story import Story

SCRIPTS = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    nights: int
    real_changes: int
    told: Expected

    @property
    def faults(self) -> list[str]:
        return self.told.findings.told


def in_the_lab(platform: Platform, lab: Lab, *, scans: int) -> Outcome:
    """The first real scans."""
    platform.place_tasks(lab.worker_namespaces)
    story = LabStory(standing(platform), lab, read_script(SCRIPTS / "lab_nights.txt", days=scans))
    story.begin()
    story.play()
    return _outcome("the lab", scans, story.real_changes, story.audit.expected)


def through_the_days(platform: Platform, *, days: int) -> Outcome:
    """The first days; the platform's time is another from then on."""
    with rehearsing(platform, start=networks.START) as rehearsal:
        story = Story(rehearsal, read_script(SCRIPTS / "ninety_days.txt", days=days))
        story.begin()
        story.play()
    return _outcome("the estate", days, story.world.real_changes, story.audit.expected)


def figures(nights: Outcome, days: Outcome) -> Json:
    found = (nights.told.findings, days.told.findings)
    return {
        "days": days.nights,
        "lab_scans": nights.nights,
        "real_changes": nights.real_changes + days.real_changes,
        "alerts": nights.told.raised + days.told.raised,
        "false_alerts": sum(each.false_alerts for each in found),
        "missed_alerts": sum(each.missed_alerts for each in found),
        "wrong_states": sum(each.wrong_states for each in found),
    }


def _outcome(where: str, nights: int, real_changes: int, told: Expected) -> Outcome:
    say(f"{nights} nights of {where}: {told.raised} alerts, {len(told.findings.told)} faults")
    return Outcome(nights, real_changes, told)
