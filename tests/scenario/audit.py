"""What the product shows to a user of a project, in the words of the script, and held to what the script expects."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.e2e.platform import Json, Project
from tests.progress import say
from tests.scenario.expected import Expected, Fact, Port, Shown
from tests.scenario.script import Line

_MARKS = {"ack": "acknowledged", "snoozed": "snoozed", "muted": "muted"}


@dataclass
class Audit:
    """`name_of`: a host's name by its address; `networks`: names by id."""

    project: Project
    name_of: Callable[[str], str]
    networks: dict[str, str]
    expected: Expected = field(default_factory=Expected)

    def expect(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self.expected.take(line)

    def compare(self, when: str) -> None:
        told = self.expected.findings.told
        before = len(told)
        shown = {fact: [_shown(alert) for alert in alerts] for fact, alerts in self.alerts().items()}
        self.expected.compare(when, self._states(), shown)
        for fault in told[before:]:
            say(fault)

    def alerts(self) -> dict[Fact, list[Json]]:
        """Oldest first."""
        found: dict[Fact, list[Json]] = defaultdict(list)
        for alert in sorted(self.project.items("alerts"), key=lambda alert: (alert["raised"], alert["id"])):
            about = self.name_of(alert["asset"]) if alert["asset"] else self.networks[alert["network"]]
            found[alert["type"], about, alert["port"]].append(alert)
        return found

    def _states(self) -> dict[Port, str]:
        exposures = self.project.exposures()
        return {(self.name_of(asset), port): item["state"] for (asset, _, port), item in exposures.items()}


def _shown(alert: Json) -> Shown:
    return Shown(
        status=alert["status"],
        severity=alert["severity"],
        count=alert["count"],
        marks=frozenset(mark for mark, name in _MARKS.items() if alert[name]),
    )
