"""Both stories, one after the other on one deployed stack, and what of them the product got wrong."""

from dataclasses import dataclass
from pathlib import Path

from tests.e2e.platform import Json, Platform
from tests.lab.lab import Lab
from tests.scenario import networks
from tests.scenario.audit import say
from tests.scenario.expected import Expected
from tests.scenario.lab_story import LabStory
from tests.scenario.rehearsal import rehearsing, standing
from tests.scenario.script import read_script
from tests.scenario.story import Story

SCRIPTS = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    days: int
    lab_scans: int
    real_changes: int
    told: tuple[Expected, ...]

    @property
    def faults(self) -> list[str]:
        return [fault for each in self.told for fault in each.findings.told]

    def figures(self) -> Json:
        findings = [each.findings for each in self.told]
        return {
            "days": self.days,
            "lab_scans": self.lab_scans,
            "real_changes": self.real_changes,
            "alerts": sum(each.raised for each in self.told),
            "false_alerts": sum(each.false_alerts for each in findings),
            "missed_alerts": sum(each.missed_alerts for each in findings),
            "wrong_states": sum(each.wrong_states for each in findings),
        }


def run(platform: Platform, lab: Lab, *, lab_scans: int, days: int) -> Outcome:
    """The first nights of each. Real scans come first: then the platform's time is another."""
    platform.place_tasks(lab.worker_namespaces)
    nights = LabStory(standing(platform), lab, read_script(SCRIPTS / "lab_nights.txt", days=lab_scans))
    nights.begin()
    nights.play()
    say(f"{lab_scans} lab scans: {len(nights.audit.expected.findings.told)} faults")
    with rehearsing(platform, start=networks.START) as rehearsal:
        story = Story(rehearsal, read_script(SCRIPTS / "ninety_days.txt", days=days))
        story.begin()
        story.play()
    return Outcome(
        days=days,
        lab_scans=lab_scans,
        real_changes=nights.real_changes + story.world.real_changes,
        told=(nights.audit.expected, story.audit.expected),
    )
