"""What is said on the bus and live about changed alerts, scans and networks, once for each change that means something."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from functions.adapters.bus import Announcement, Bus
from functions.core.alert import Alert, Delivery, Why
from functions.core.errors import Unavailable
from functions.core.model import Model
from functions.core.scan import Scan, ScanCounts
from functions.store.stream import read_record
from functions.usecases.announce import Announce
from functions.usecases.consume_stream import one_by_one
from tests.alerting.records import a_record, poisoned
from tests.backend import NOW, Backend
from tests.store import examples
from tests.store.examples import after


@dataclass
class FakeBus:
    """Keeps what it is given; refuses all while `down`."""

    said: list[Announcement] = field(default_factory=list)
    down: bool = False

    def put(self, announcements: list[Announcement]) -> None:
        if self.down:
            raise Unavailable("the bus refused")
        self.said.extend(announcements)


@dataclass
class Stage:
    backend: Backend
    bus: FakeBus = field(default_factory=FakeBus)

    @property
    def announce(self) -> Announce:
        return Announce(bus=cast("Bus", self.bus), live=self.backend.live, networks=self.backend.networks)

    def tell(self, family: str, *, new: Model | None = None, old: Model | None = None) -> list[str]:
        """What the bus is told of one change."""
        before = len(self.bus.said)
        self.announce(read_record(a_record(family, before, new=new, old=old)))
        return [each.detail_type for each in self.bus.said[before:]]

    def alert(self, **fields: Any) -> Alert:
        return examples.alert(project=self.backend.project, **fields)

    def live(self, topic: str) -> list[str]:
        return [event.type for event in self.backend.live.replay(self.backend.project, topic).items]


@pytest.fixture
def stage(backend: Backend) -> Stage:
    return Stage(backend)


def changed(scan: Scan, **fields: Any) -> Scan:
    return Scan.model_validate({**dict(scan), **fields})


def test_the_life_of_a_scan_is_told_to_its_watchers_and_the_projects(stage: Stage) -> None:
    asked = stage.backend.scan(stage.backend.network())
    planned = changed(asked, counts=ScanCounts(chunks=3, cells=12))
    running = changed(planned, status="running", started=NOW)
    ended = changed(running, status="partial", ended=NOW, reason="4 of 12 cells are not covered")
    assert stage.tell("SCN", new=asked) == []
    assert stage.tell("SCN", new=planned, old=asked) == ["scan.planned"]
    assert stage.tell("SCN", new=running, old=planned) == ["scan.started"]
    assert stage.tell("SCN", new=ended, old=running) == ["scan.finished"]
    told = ["scan.planned", "scan.started", "scan.finished"]
    assert sorted(stage.live(f"scan:{planned.id}")) == sorted(stage.live(f"project:{planned.project}")) == sorted(told)
    started, finished = (each.detail for each in stage.bus.said[1:])
    assert (started["project"], started["network"], started["chunks"], started["cells"]) == (
        planned.project,
        planned.network,
        3,
        12,
    )
    assert (finished["status"], finished["reason"]) == ("partial", "4 of 12 cells are not covered")
    assert finished["counts"]["chunks"] == 3


def test_a_pause_says_what_holds_the_scan_and_the_next_run_is_told(stage: Stage) -> None:
    running = changed(stage.backend.scan(stage.backend.network()), status="running", started=NOW)
    paused = changed(running, status="paused", paused=NOW, stop="window", stop_why="its hours are over", resume_at=NOW)
    resumed = changed(running, run=2, resumed=NOW)
    assert stage.tell("SCN", new=paused, old=running) == ["scan.paused"]
    assert stage.tell("SCN", new=resumed, old=paused) == ["scan.resumed"]
    held, goes_on = (each.detail for each in stage.bus.said)
    assert (held["stop"], held["why"], held["resume_at"]) == ("window", "its hours are over", NOW.isoformat())
    assert goes_on["run"] == 2


def test_an_ended_scan_that_is_redriven_goes_on_and_ends_again(stage: Stage) -> None:
    ended = changed(stage.backend.scan(stage.backend.network()), status="partial", started=NOW, ended=NOW)
    redriven = changed(ended, status="running", ended=None, run=2, resumed=NOW)
    assert stage.tell("SCN", new=redriven, old=ended) == ["scan.resumed"]
    assert stage.bus.said[0].detail["run"] == 2
    assert stage.tell("SCN", new=changed(redriven, status="completed", ended=NOW), old=redriven) == ["scan.finished"]


def test_a_write_that_only_counts_is_not_told(stage: Stage) -> None:
    scan = stage.backend.scan(stage.backend.network())
    planned = changed(scan, counts=ScanCounts(chunks=3))
    assert stage.tell("SCN", new=changed(scan, counts=ScanCounts(chunks=3, open_ports=1)), old=planned) == []
    assert stage.tell("SCN", new=changed(scan, stop="cancel"), old=scan) == []


@pytest.mark.parametrize(
    ("baseline", "count", "told"),
    [
        ("silent", 5, ["scan.finished", "baseline.recorded"]),
        ("silent", 0, ["scan.finished"]),
        ("alert", 5, ["scan.finished"]),
        ("review", 5, ["scan.finished"]),
    ],
)
def test_a_silent_first_coverage_has_one_summary(stage: Stage, baseline: str, count: int, told: list[str]) -> None:
    scan = stage.backend.scan(stage.backend.network(baseline=baseline))
    ended = changed(scan, status="completed", ended=NOW, counts=ScanCounts(baseline=count))
    assert stage.tell("SCN", new=ended, old=changed(scan, status="running")) == told
    if "baseline.recorded" in told:
        assert stage.bus.said[-1].detail["count"] == 5


def test_alerts_are_told_when_raised_and_when_acknowledged(stage: Stage) -> None:
    raised = stage.alert()
    acknowledged = raised.model_copy(update={"assignee": "somebody", "updated": after(300)})
    assert stage.tell("ALR", new=raised) == ["alert.raised"]
    assert stage.tell("ALR", new=acknowledged, old=raised) == ["alert.changed"]
    assert stage.tell("ALR", new=acknowledged, old=acknowledged) == []
    assert sorted(stage.live(f"scan:{raised.why.scan}")) == ["alert.changed", "alert.raised"]
    assert stage.bus.said[0].detail["why"]["text"] == "it is open"


def test_a_comment_is_told_and_how_a_delivery_fares_is_not(stage: Stage) -> None:
    raised = stage.alert()
    delivered = raised.model_copy(update={"deliveries": {"chat": Delivery(status="sent", at=NOW)}})
    commented = raised.model_copy(update={"comments": 1})
    assert stage.tell("ALR", new=delivered, old=raised) == []
    assert stage.tell("ALR", new=commented, old=raised) == ["alert.changed"]


def test_an_alert_that_no_scan_showed_is_told_to_the_projects_watchers(stage: Stage) -> None:
    raised = stage.alert(port=None, asset="", why=Why(text="nobody watches"))
    assert stage.tell("ALR", new=raised) == ["alert.raised"]
    assert stage.live(f"project:{raised.project}") == ["alert.raised"]


def test_networks_are_told_on_the_bus_alone(stage: Stage) -> None:
    network = stage.backend.network()
    assert stage.tell("NET", new=network) == ["network.changed"]
    assert stage.tell("NET", new=network, old=network) == ["network.changed"]
    assert stage.tell("NET", old=network) == ["network.changed"]
    assert [each.detail["change"] for each in stage.bus.said] == ["created", "updated", "deleted"]
    assert stage.live(f"project:{network.project}") == []


def test_other_families_are_passed_over(stage: Stage) -> None:
    assert stage.tell("CHK", new=stage.backend.network()) == []


def test_a_record_told_again_repeats_the_same_event_ids(stage: Stage) -> None:
    scan = stage.backend.scan(stage.backend.network())
    record = read_record(a_record("SCN", 1, new=changed(scan, counts=ScanCounts(chunks=1)), old=scan))
    stage.bus.down = True
    with pytest.raises(Unavailable):
        stage.announce(record)
    stage.bus.down = False
    stage.announce(record)
    assert stage.live(f"scan:{scan.id}") == ["scan.planned"]
    assert len(stage.bus.said) == 1


def test_the_poisoned_record_alone_is_given_up(stage: Stage) -> None:
    scan = stage.backend.scan(stage.backend.network())
    counted = changed(scan, counts=ScanCounts(chunks=1))
    good, bad = a_record("SCN", 2, new=counted, old=scan), poisoned(a_record("SCN", 1, new=scan))
    given_up = list(one_by_one(stage.announce, pause=lambda _: None)([read_record(bad), read_record(good)]))
    assert [record.id for record, _ in given_up] == ["event-1"]
    assert [each.detail_type for each in stage.bus.said] == ["scan.planned"]


class FakeEvents:
    """EventBridge's PutEvents: at most ten at once; the entry whose type is `refused` is not taken."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10
        self.calls.append(Entries)
        answers = [
            {"ErrorCode": "Throttled"} if each["DetailType"] == "refused" else {"EventId": "1"} for each in Entries
        ]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in answers), "Entries": answers}


def test_the_bus_takes_ten_at_a_time() -> None:
    events = FakeEvents()
    Bus(cast("Any", events), "vedette").put([Announcement("scan.started", {"n": n}, NOW) for n in range(23)])
    assert [len(call) for call in events.calls] == [10, 10, 3]
    entry = events.calls[2][2]
    assert (entry["EventBusName"], entry["Source"], json.loads(entry["Detail"])) == ("vedette", "vedette", {"n": 22})


def test_an_entry_that_the_bus_does_not_take_is_an_error() -> None:
    with pytest.raises(Unavailable, match="refused 1 events: Throttled"):
        Bus(cast("Any", FakeEvents()), "vedette").put([Announcement("refused", {}, NOW), Announcement("ok", {}, NOW)])
