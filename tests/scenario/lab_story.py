"""Ten real scans of the lab while its services appear, move, flap and close, and a host is away for a night."""

from dataclasses import dataclass, field

from tests.e2e.platform import Json, Project, eventually
from tests.lab.lab import Lab
from tests.scenario.audit import Audit
from tests.scenario.rehearsal import QUEUES, Stand
from tests.scenario.script import Day, Line, Script

PORTS = "21,22,25,80,110,143,443,587,3306,6379,8080,8443,31337,40021,50000,65535"


@dataclass
class LabStory:
    stand: Stand
    lab: Lab
    script: Script
    project: Project = field(init=False)
    network: Json = field(init=False)
    audit: Audit = field(init=False)
    real_changes: int = 0
    """Ports that really opened, closed, or fell silent."""

    def begin(self) -> None:
        self.project = self.stand.platform.project("ten nights in the lab")
        addresses = {str(self.lab.host(line.words[2]).address): line.words[2] for line in self.script.hosts}
        self.network = self.project.network(targets=[*addresses], ports=PORTS, profile="discovery", rate=500)
        self.audit = Audit(self.project, lambda asset: addresses[asset], {self.network["id"]: "lab"})

    def play(self) -> None:
        for day in self.script.days:
            self._night(day)

    def _night(self, day: Day) -> None:
        before = self._truth()
        for line in day.night.events:
            self._happen(line)
        self.real_changes += len(before ^ self._truth()) if day.number > 1 else 0
        scan = self.project.scan(self.network)
        if scan["status"] != "completed":
            raise AssertionError(f"scan {day.number} of the lab ended {scan['status']}: {scan['reason']}")
        self.stand.settle(*QUEUES)
        eventually(lambda: not self._live(), seconds=120, what="the second look ends")
        self.stand.settle(*QUEUES)
        self.audit.expect(day.night.expectations)
        self.audit.compare(f"scan {day.number} of the lab")

    def _truth(self) -> set[tuple[str, int]]:
        return {(asset, port) for asset in self.network["targets"] for _, port in self.lab.truth.get(asset, {})}

    def _live(self) -> bool:
        return any(scan["status"] in ("planned", "running") for scan in self.project.items("scans"))

    def _happen(self, line: Line) -> None:
        match line.words:
            case (host, "starts", name):
                self.lab.host(host).start(name)
            case (host, "stops", name):
                self.lab.host(host).stop(name)
            case (host, "drops", port):
                self.lab.drop(host, "tcp", int(port))
            case (host, "undrops", port):
                self.lab.undrop(host, "tcp", int(port))
            case (host, "vanishes"):
                self.lab.host(host).vanish()
            case (host, "returns"):
                self.lab.host(host).come_back()
            case _:
                raise ValueError(f"nobody knows what happens in {line}")
