"""Ninety days of an estate, put through the deployed functions night by night and noon by noon."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.core.scan import Cause, Scan
from functions.usecases.start_scan import Part as Narrowed
from functions.usecases.start_scan import StartScan
from tests.backend import Backend
from tests.e2e.platform import Json, Project
from tests.e2e.stage_hand import message
from tests.platform_in_memory import FakeWorkflow
from tests.progress import say
from tests.scenario import networks
from tests.scenario.audit import Audit
from tests.scenario.events import ACTIONS, Deed, Night, happen, service_told, until_told
from tests.scenario.expected import Fact
from tests.scenario.rehearsal import QUEUES
from tests.scenario.script import Day, Line, Part, Script
from tests.scenario.worker import Worker
from tests.scenario.world import World

# The product looks at what is not watched each tenth minute.
_MINUTES = {"deeds": 90, "scan": 120, "ingest": 130, "second look": 140, "second ingest": 150, "noon": 730}
"""Of the day."""


class Place(Protocol):
    """Where a story is played: the functions, their tables as an operator has them, and another time than it is."""

    backend: Backend

    @property
    def now(self) -> datetime: ...

    def tell(self, now: datetime) -> None: ...

    def project(self, name: str) -> Project: ...

    def call(self, row: str, event: Json) -> Any: ...

    def settle(self, *queues: str) -> None: ...

    def planned(self, scan: Scan) -> Scan:
        """A scan that the product has started, once it is planned."""
        ...

    def stopped(self, scan: Scan) -> None:
        """Its workflow waits for tasks that nobody runs."""
        ...


@dataclass
class Story:
    rehearsal: Place
    script: Script
    project: Project = field(init=False)
    audit: Audit = field(init=False)
    world: World = field(default_factory=World)
    networks: dict[str, Json] = field(default_factory=dict)

    def begin(self) -> None:
        """A project of its own with the networks of the script."""
        self._tell(1, "deeds")
        self.project = self.rehearsal.project("ninety days")
        self.rehearsal.backend.project = self.project.id
        for name, draft in networks.NETWORKS.items():
            self.networks[name] = self.project.network(**draft | {"name": name})
        for line in self.script.hosts:
            self._stand(line)
        named = {network["id"]: name for name, network in self.networks.items()}
        self.audit = Audit(self.project, self.world.name_of, named)

    def _stand(self, line: Line) -> None:
        _network, _host, name, address, *told = line.words
        services = {}
        for each in told:
            port, _, service = each.partition("/")
            if port != "off":
                services[int(port)] = service_told(service)
        self.world.stands(name, address, services, up="off" not in told)

    def play(self) -> None:
        for day in self.script.days:
            self._night(day)
            self._noon(day)
            if day.number % 10 == 0:
                expected = self.audit.expected
                say(f"day {day.number}: {expected.raised} alerts, {expected.findings.faults} faults")

    def _night(self, day: Day) -> None:
        night = Night()
        self._tell(day.number, "deeds")
        self._happen(day.night, night)
        self._tell(day.number, "scan")
        begun = [self._start(name, night) for name in self._due(day.number, night)]
        self._tell(day.number, "ingest")
        for scan in begun:
            self._finish(scan, night)
        if begun:
            self.rehearsal.settle(*QUEUES)
            self._look_again(day.number, begun, night)
        self.audit.expect(day.night.expectations)
        if day.noon.events or day.noon.expectations:
            self.audit.compare(f"night of day {day.number}")

    def _noon(self, day: Day) -> None:
        self._tell(day.number, "noon")
        self.rehearsal.call("Review", message({"kind": "due"}))
        self._happen(day.noon, Night())
        self.rehearsal.settle(*QUEUES)
        self.audit.expect(day.noon.expectations)
        self.audit.compare(f"day {day.number}")

    def _happen(self, part: Part, night: Night) -> None:
        for line in part.events:
            deed = happen(line, self.world, night)
            if deed is not None:
                self._do(deed)

    def _tell(self, day: int, moment: str) -> datetime:
        now = networks.START + timedelta(days=day - 1, minutes=_MINUTES[moment])
        self.rehearsal.tell(now)
        return now

    # Nights

    def _due(self, day: int, night: Night) -> list[str]:
        return [
            name for name, nights in networks.NIGHTS.items() if (day - 1) % 7 in nights and name not in night.skipped
        ]

    def _start(self, name: str, night: Night) -> Scan:
        """As the schedule would; its workflow is played here, step by step."""
        backend, now = self.rehearsal.backend, self.rehearsal.now
        start = StartScan(
            networks=backend.networks,
            scans=backend.scans,
            halts=backend.halts,
            workflow=FakeWorkflow(),
            bounds=backend.bounds,
        )
        only = night.narrowed.get(name)
        part = Narrowed(targets=(self.world.hosts[only].address,)) if only else None
        scan = start(
            project=self.project.id,
            network=self.networks[name]["id"],
            cause=Cause(kind="schedule", principal="schedule", key=now.isoformat()),
            cause_time=now,
            now=now,
            part=part,
        )
        self.rehearsal.call("PlanChunks", _ids(scan))
        scan = backend.reread(scan)
        if name not in night.failing:
            self._worker(night).scan(scan, at=now)
        return scan

    def _finish(self, scan: Scan, night: Night) -> None:
        failing = {self.networks[name]["id"] for name in night.failing}
        step = "RecordFailure" if scan.network in failing else "IngestChunk"
        for chunk in self.rehearsal.backend.ledger.list(scan.project, scan.id):
            self.rehearsal.call(step, _ids(scan) | {"chunk": chunk.chunk})
        said = self.rehearsal.call("FinishScan", _ids(scan))
        wanted = "failed" if scan.network in failing else ("partial" if night.lost else "completed")
        if said["status"] != wanted and not night.lost:
            raise AssertionError(f"the scan {scan.id} ended {said['status']}, not {wanted}")

    def _worker(self, night: Night) -> Worker:
        backend = self.rehearsal.backend
        return Worker(ledger=backend.ledger, results=backend.results, world=self.world, lost=frozenset(night.lost))

    def _look_again(self, day: int, scans: list[Scan], night: Night) -> None:
        """The confirmations that the product has started: their tasks wait for a worker, and it is we."""
        live = [each for scan in scans for each in self._live(scan.network)]
        for change in night.before_second_look:
            change()
        if live:
            now = self._tell(day, "second look")
            for scan in live:
                self._worker(Night()).scan(self.rehearsal.planned(scan), at=now)
            self._tell(day, "second ingest")
            for scan in live:
                self._finish(scan, Night())
                self.rehearsal.stopped(scan)
            self.rehearsal.settle(*QUEUES)
        for change in night.after_second_look:
            change()

    def _live(self, network: str) -> list[Scan]:
        return [*self.rehearsal.backend.scans.live_of(self.project.id, network)]

    # People

    def _do(self, deed: Deed) -> None:
        if deed.kind in ("publish", "stage"):
            self._write_rules(deed)
            return
        words, until = until_told(deed.words, networks.noon)
        alert = self.audit.alerts()[_fact(words)][-1]
        wish = {"reason": "the scenario says so", **({"until": until} if until else {})}
        body = {} if deed.kind == "take" else wish
        if deed.kind not in ACTIONS:
            raise ValueError(f"nobody knows how to {deed.kind}")
        self.project.post("alerts", alert["id"], deed.kind, body=body)

    def _write_rules(self, deed: Deed) -> None:
        where, name = deed.words
        scope = () if where == "project" else ("networks", self.networks[where]["id"])
        pointer = self.project.get(*scope, "rules")
        self.project.platform.client.put(
            *("projects", self.project.id, *scope, "rules"),
            body=networks.RULES[name],
            version=pointer["version"],
            stage=deed.kind == "stage",
        )


def _ids(scan: Scan) -> dict[str, Any]:
    return {"project": scan.project, "scan": scan.id, "run": scan.run}


def _fact(words: tuple[str, ...]) -> Fact:
    kind, about, *port = words
    return kind, about, int(port[0]) if port else None
