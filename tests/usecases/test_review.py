"""What is looked at as a whole: a network after new rules, an ended scan, schedules, and ends of exceptions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.adapters.bus import Announcement, Bus
from functions.core.alert import Alert, AlertStatus
from functions.core.block import Block
from functions.core.coverage import Method
from functions.core.coverage_map import Segment, Stamp
from functions.core.errors import NotFound
from functions.core.exposure import Exposure
from functions.core.ids import new_id
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.scan import CellRef, Scan, ScanEvent
from functions.core.tick import Tick
from functions.store.coverage_maps import CoverageMaps
from functions.store.deadlines import Deadlines
from functions.store.hosts import Hosts
from functions.store.waiting import Waiting
from functions.usecases.review_endings import ReviewEndings
from functions.usecases.review_scan import ReviewScan
from functions.usecases.review_watches import ReviewWatches
from functions.wiring.reviewing import review_network
from tests.backend import NOW, Backend
from tests.usecases.test_evaluate import Evaluating, FakeQueue, a_host, later

DAY = timedelta(days=1)
BLOCK = {"name": "no-ssh", "action": "block", "ports": "22"}
ALLOW = {"name": "fine", "action": "allow", "ports": "22"}
EXPECT = {"name": "must", "action": "expect", "assets": ["10.0.0.1"], "ports": "22", "protocol": "tcp"}


class FakeBus(Bus):
    def __init__(self) -> None:
        self.said: list[Announcement] = []

    def put(self, announcements: Sequence[Announcement]) -> None:
        self.said.extend(announcements)


class Reviewing(Evaluating):
    """The same network, looked at as a whole; its confirmations are remembered, not started."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.confirmed: list[tuple[str, tuple[CellRef, ...]]] = []
        self.bus = FakeBus()
        self.again = FakeQueue()
        table, clock = backend.table, backend.clock
        self.of_network = review_network(table, self.again, clock=clock)
        self.coverage = CoverageMaps(table)
        self.of_scan = ReviewScan(
            scans=backend.scans,
            exposures=backend.exposures,
            coverage=self.coverage,
            alerts=backend.alerts,
            waiting=Waiting(table),
            network=self.of_network,
            settle=self.of_network.settle,
            trouble=self.of_network.trouble,
            confirm=self._confirm,
            clock=clock,
        )
        self.of_watches = ReviewWatches(
            networks=backend.networks,
            rules=self.rules,
            scans=backend.scans,
            ticks=backend.ticks,
            trouble=self.of_network.trouble,
            clock=clock,
        )
        self.endings = ReviewEndings(
            deadlines=Deadlines(table),
            alerts=backend.alerts,
            rules=self.rules,
            networks=backend.networks,
            bus=self.bus,
            live=backend.live,
            reviews=self.again,
            clock=clock,
        )

    def _confirm(self, *, project: str, network: str, scan: str, cells: Sequence[CellRef], now: datetime) -> None:
        assert (project, network, now) == (self.network.project, self.network.id, self.backend.clock())
        self.confirmed.append((scan, tuple(cells)))

    def keep(self, exposure: Exposure) -> Exposure:
        """Stored and evaluated, as ingest and the stream do."""
        self.backend.exposures.save(exposure)
        return self.change(None, exposure)

    def review(self, asset: str = "") -> None:
        cursor = ""
        while True:
            cursor = self.of_network(project=self.network.project, network=self.network.id, cursor=cursor, asset=asset)
            if not cursor:
                return

    def ended(self, event: ScanEvent = ScanEvent.COMPLETE, **fields: Any) -> Scan:
        """A scan of the whole network that has just ended, reviewed."""
        scan = self.backend.scan(self.network, id=new_id(self.backend.clock()), **fields)
        scan = self.backend.scans.transition(scan, ScanEvent.START, started=self.backend.clock())
        scan = self.backend.scans.transition(scan, event, ended=self.backend.clock())
        self.review_scan(scan)
        return scan

    def review_scan(self, scan: Scan) -> None:
        cursor = ""
        while True:
            cursor = self.of_scan(project=scan.project, scan=scan.id, cursor=cursor)
            if not cursor:
                return

    def cover(self, at: datetime, port: int = 22, asset: str = "10.0.0.1") -> None:
        block = Block.of(asset)
        offset, stamp = block.offset(asset), Stamp(at, new_id(at), "00000", 1, Method.SYN)
        segment = Segment(IntervalSet(((offset, offset),)), IntervalSet(((port, port),)), at, stamp)
        where = (self.network.project, self.network.id, block, Protocol.TCP)
        self.coverage.change(*where, lambda kept: kept.overlay([segment]))

    def mark(self, alert: Alert, name: str, until: datetime | None) -> None:
        mark = {"by": "somebody", "at": self.backend.clock(), "reason": "because", "until": until}
        self.backend.alerts.change(alert, by="somebody", event=name, text="", now=self.backend.clock(), **{name: mark})

    def resolve_by_hand(self, alert: Alert) -> None:
        done = {"by": "somebody", "at": self.backend.clock(), "reason": "gone, I think"}
        fields: dict[str, Any] = {"status": "resolved", "resolution": done}
        self.backend.alerts.change(alert, by="somebody", event="resolved", text="", now=self.backend.clock(), **fields)


@pytest.fixture
def at(backend: Backend) -> Reviewing:
    reviewing = Reviewing(backend)
    reviewing.watch()
    return reviewing


def test_a_rule_that_is_published_swaps_the_alerts_of_what_is_open(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.publish(BLOCK)
    at.review()
    assert at.alerts == {"NEW_PORT": "resolved", "BLOCKED": "open"}
    at.publish(ALLOW)
    at.review()
    assert at.alerts == {"NEW_PORT": "resolved", "BLOCKED": "resolved"}
    assert "rule fine of the network's rules (version 2) allows" in at.alert("BLOCKED").resolution.reason
    at.publish()
    at.review()
    assert at.alerts == {"NEW_PORT": "open", "BLOCKED": "resolved"}


def test_a_review_told_twice_changes_nothing_more(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.publish(BLOCK)
    at.review()
    before = at.alert("BLOCKED")
    at.review()
    assert at.alert("BLOCKED") == before


def test_a_review_of_one_asset_leaves_the_others(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.keep(at.exposure(asset="10.0.0.2", address="10.0.0.2", evidence={"baseline": True}))
    at.publish(BLOCK)
    at.review("10.0.0.1")
    assert at.alert("BLOCKED").asset == "10.0.0.1"


def test_settings_that_silence_or_rate_otherwise_reach_what_was_raised(at: Reviewing) -> None:
    at.keep(at.exposure())
    edit(at, severities=[{"ports": "22", "severity": "low"}])
    at.review()
    assert (at.alert("NEW_PORT").severity, at.alert("NEW_PORT").status) == ("low", "open")
    edit(at, silent=["NEW_PORT"])
    at.review()
    assert at.alert("NEW_PORT").resolution.reason == "the network's settings silence it"


def edit(at: Reviewing, **settings: Any) -> None:
    alerts = {"confirm": [], **settings}
    network = Network.model_validate({**at.network.model_dump(), "alerts": alerts})
    at.network = at.backend.networks.update(network, expected=at.network.version)


def test_a_deleted_network_has_no_alerts_left(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.backend.networks.delete(at.network.project, at.network.id, expected=1)
    at.review()
    assert at.alert("NEW_PORT").resolution.reason == "the network was deleted"


def test_reconcile_raises_what_is_missing_once(at: Reviewing) -> None:
    at.backend.exposures.save(at.exposure())
    where: dict[str, Any] = {"project": at.network.project, "network": at.network.id, "cursor": "", "limit": 100}
    done = [at.of_network.reconcile(**where) for _ in range(2)]
    assert [(each.checked, each.raised) for each in done] == [(1, 1), (1, 0)]
    with pytest.raises(NotFound):
        at.of_network.reconcile(**{**where, "network": new_id(NOW)})


def test_reconcile_raises_what_is_missing_of_hosts_too(at: Reviewing) -> None:
    hosts = Hosts(at.backend.table)
    hosts.save(a_host(at, baseline=False))
    hosts.save(a_host(at, asset="10.0.0.2", baseline=False, up=False))
    hosts.save(a_host(at, asset="10.0.0.3", answers_everything=NOW))
    where: dict[str, Any] = {"project": at.network.project, "network": at.network.id, "limit": 2}
    cursor, raised = "", []
    for _ in range(9):
        done = at.of_network.reconcile(**where, cursor=cursor)
        raised.append((done.checked, done.raised))
        cursor = done.next_cursor
        if not cursor:
            break
    assert (sum(checked for checked, _ in raised), sum(each for _, each in raised)) == (3, 2)
    assert at.alerts == {"NEW_HOST": "open", "ANSWERS_EVERYTHING": "open"}


def test_a_new_host_of_which_nothing_is_open_any_more_resolves_its_alert_and_may_come_back(at: Reviewing) -> None:
    host = a_host(at, baseline=False)
    Hosts(at.backend.table).save(host)
    at.tell(at.record(host, family="HST"))
    opened = at.keep(at.exposure())
    suspect = store(at, opened, "missed", state="suspect", misses=1)
    at.ended()
    assert at.alerts["NEW_HOST"] == "open"
    closed = store(at, suspect, "closed", state="closed", answering=False, misses=2)
    at.ended()
    alert = at.alert("NEW_HOST")
    assert (alert.status, alert.resolution.by) == (AlertStatus.RESOLVED, "")
    assert alert.resolution.reason.startswith("gone in covered scope")
    at.ended()
    assert at.alert("NEW_HOST") == alert
    store(at, closed, "reopened", state="open", answering=True, reopened=1)
    assert (at.alerts["NEW_HOST"], len(at.backend.alerts.list(at.backend.project).items)) == ("open", 2)


def test_a_new_host_that_showed_no_port_is_gone_when_it_is_down(at: Reviewing) -> None:
    hosts, host = Hosts(at.backend.table), a_host(at, baseline=False)
    hosts.save(host)
    at.tell(at.record(host, family="HST"))
    at.ended()
    assert at.alerts == {"NEW_HOST": "open"}
    down = host.model_copy(update={"up": False, "version": 2})
    hosts.save(down)
    at.ended()
    assert at.alerts == {"NEW_HOST": "resolved"}
    at.tell(at.record(down.model_copy(update={"up": True, "version": 3}), down, family="HST"))
    assert at.alerts == {"NEW_HOST": "open"}


def test_a_new_host_that_somebody_resolved_stays_so_whatever_it_does(at: Reviewing) -> None:
    hosts, host = Hosts(at.backend.table), a_host(at, baseline=False)
    hosts.save(host)
    at.tell(at.record(host, family="HST"))
    at.resolve_by_hand(at.alert("NEW_HOST"))
    down = host.model_copy(update={"up": False, "version": 2})
    hosts.save(down)
    at.ended()
    at.review()
    at.tell(at.record(down.model_copy(update={"up": True, "version": 3}), down, family="HST"))
    at.review()
    assert at.alerts == {"NEW_HOST": "resolved"}


def test_an_answer_on_everything_is_over_when_its_host_is_gone(at: Reviewing) -> None:
    hosts, host = Hosts(at.backend.table), a_host(at, answers_everything=NOW)
    hosts.save(host)
    at.tell(at.record(host, family="HST"))
    opened = at.keep(at.exposure(held=True))
    store(at, opened, "closed", state="closed", answering=False)
    at.ended()
    assert at.alerts == {"ANSWERS_EVERYTHING": "resolved"}


def store(at: Reviewing, before: Exposure, kind: str, **fields: Any) -> Exposure:
    """The next version, stored and evaluated."""
    after = later(before, kind, **fields)
    at.backend.exposures.save(after)
    return at.change(before, after)


def test_settings_rate_alerts_of_hosts_otherwise_too(at: Reviewing) -> None:
    host = a_host(at, baseline=False)
    Hosts(at.backend.table).save(host)
    at.tell(at.record(host, family="HST"))
    edit(at, severities=[{"type": "NEW_HOST", "severity": "critical"}])
    at.review()
    assert at.alert("NEW_HOST").severity == "critical"
    edit(at, silent=["NEW_HOST"])
    at.review()
    assert at.alert("NEW_HOST").resolution.reason == "the network's settings silence it"


def test_a_failed_scan_is_one_alert_that_counts_until_one_ends_well(at: Reviewing) -> None:
    first = at.ended(ScanEvent.FAIL)
    at.review_scan(first)
    assert (at.alert("SCAN_FAILED").count, at.alert("SCAN_FAILED").why.scan) == (1, first.id)
    second = at.ended(ScanEvent.FAIL)
    assert (at.alert("SCAN_FAILED").count, at.alert("SCAN_FAILED").why.scan) == (2, second.id)
    at.ended(ScanEvent.CANCEL)
    assert at.alerts == {"SCAN_FAILED": "open"}
    good = at.ended(ScanEvent.END_PARTIAL)
    assert at.alert("SCAN_FAILED").resolution.reason == f"scan {good.id} ended partial"


def test_a_redrive_that_fails_again_counts_no_second_failure_and_one_that_does_not_resolves_it(at: Reviewing) -> None:
    failed = at.ended(ScanEvent.FAIL)
    store = at.backend.scans
    for event in (ScanEvent.FAIL, ScanEvent.END_PARTIAL):
        again = store.transition(at.backend.reread(failed), ScanEvent.REDRIVE, run=2, ended=None)
        at.review_scan(again)
        assert at.alert("SCAN_FAILED").status == "open"
        at.review_scan(store.transition(again, event, ended=at.backend.clock()))
        assert at.alert("SCAN_FAILED").count == 1
    assert at.alert("SCAN_FAILED").resolution.reason == f"scan {failed.id} ended partial"


def test_the_next_row_of_failures_is_another_episode(at: Reviewing) -> None:
    for event in (ScanEvent.FAIL, ScanEvent.COMPLETE, ScanEvent.FAIL):
        at.ended(event)
        at.backend.clock.pass_by(60)
    alerts = at.backend.alerts.list(at.backend.project).items
    assert sorted((each.episode, each.status.value) for each in alerts) == [(1, "resolved"), (2, "open")]


def test_what_waits_for_a_second_look_is_confirmed_when_its_scan_has_ended(backend: Backend) -> None:
    at = Reviewing(backend)
    at.watch(confirm=["NEW_PORT"])
    scan = backend.scan(at.network)
    at.keep(at.exposure(confirmed=False, evidence={"scan": scan.id}))
    scan = backend.scans.transition(scan, ScanEvent.START, started=NOW)
    at.review_scan(scan)
    assert at.confirmed == []
    at.review_scan(backend.scans.transition(scan, ScanEvent.COMPLETE, ended=NOW))
    ((confirmed, cells),) = at.confirmed
    assert (confirmed, [(cell.asset, cell.port) for cell in cells]) == (scan.id, [("10.0.0.1", 22)])


def test_what_was_resolved_by_hand_comes_back_when_a_scan_has_seen_it_since(at: Reviewing) -> None:
    at.cover(NOW)
    at.keep(at.exposure())
    at.resolve_by_hand(at.alert("NEW_PORT"))
    at.ended()
    assert at.alerts == {"NEW_PORT": "resolved"}
    at.cover(NOW + DAY)
    at.ended()
    alert = at.alert("NEW_PORT")
    assert (alert.status, alert.count, alert.resolution) == (AlertStatus.OPEN, 1, None)


def test_what_was_resolved_by_hand_and_is_gone_stays_so(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.resolve_by_hand(at.alert("NEW_PORT"))
    at.publish(ALLOW)
    at.cover(NOW + DAY)
    at.ended()
    assert (at.alert("NEW_PORT").status, at.alert("NEW_PORT").resolution.gone) == ("resolved", at.backend.clock())


def test_an_expected_cell_that_was_covered_and_never_open_is_an_alert_until_it_opens(at: Reviewing) -> None:
    at.publish(EXPECT)
    at.ended()
    assert at.alerts == {}
    at.cover(NOW)
    at.ended()
    assert at.alerts == {"EXPECTED_CLOSED": "open"}
    assert "was never open" in at.alert("EXPECTED_CLOSED").why.text
    at.keep(at.exposure(evidence={"baseline": True}))
    assert at.alerts == {"EXPECTED_CLOSED": "resolved"}


def test_an_expectation_that_nobody_has_any_more_resolves_its_alert(at: Reviewing) -> None:
    at.publish(EXPECT)
    at.cover(NOW)
    at.ended()
    at.publish(ALLOW)
    at.review()
    assert at.alert("EXPECTED_CLOSED").resolution.reason == "no rule expects it any more"


HOURLY = {"expression": "rate(1 hour)"}


def scheduled(backend: Backend, **fields: Any) -> Reviewing:
    at = Reviewing(backend)
    at.network = backend.network(alerts={"confirm": []}, **{"schedule": "rate(1 hour)", **fields})
    return at


def test_a_network_without_a_scan_since_it_was_due_is_not_watched_until_one_ends(backend: Backend) -> None:
    at = scheduled(backend)
    backend.clock.pass_by(2 * 3600)
    at.of_watches(project=backend.project)
    assert at.alerts == {}
    backend.clock.pass_by(2 * 3600)
    for _ in range(2):
        at.of_watches(project=backend.project)
    alert = at.alert("NOT_WATCHED")
    assert (alert.severity, alert.asset, alert.port, alert.count) == ("high", "", None, 1)
    assert "no scan of it has ended yet" in alert.why.text
    at.ended()
    assert at.alerts == {"NOT_WATCHED": "resolved"}
    at.of_watches(project=backend.project)
    assert at.alerts == {"NOT_WATCHED": "resolved"}


def test_a_scan_of_a_part_does_not_make_a_network_watched(backend: Backend) -> None:
    at = scheduled(backend)
    backend.clock.pass_by(4 * 3600)
    at.of_watches(project=backend.project)
    whole = backend.scan(at.network)
    part = whole.snapshot.model_copy(update={"ports": "22"})
    backend.scans.transition(whole, ScanEvent.CANCEL, ended=backend.clock())
    at.ended(snapshot=part)
    assert at.alerts == {"NOT_WATCHED": "open"}


def test_ticks_that_are_all_skipped_make_a_network_not_watched(backend: Backend) -> None:
    at = scheduled(backend)
    for hour in range(1, 4):
        fields = {"scheduled": NOW + hour * timedelta(hours=1), "recorded": NOW, "outcome": "skipped"}
        backend.ticks.record(Tick.model_validate({"project": backend.project, "network": at.network.id, **fields}))
    at.of_watches(project=backend.project)
    assert "were skipped" in at.alert("NOT_WATCHED").why.text


def test_a_schedule_that_is_switched_off_needs_no_watch(backend: Backend) -> None:
    at = scheduled(backend)
    backend.clock.pass_by(4 * 3600)
    at.of_watches(project=backend.project)
    off = Network.model_validate({**at.network.model_dump(), "enabled": False})
    at.network = backend.networks.update(off, expected=1)
    at.review()
    assert at.alerts == {"NOT_WATCHED": "resolved"}
    at.of_watches(project=backend.project)
    assert at.alerts == {"NOT_WATCHED": "resolved"}


def test_a_mark_that_ends_is_told_of_a_day_before_and_what_it_covered_comes_back(at: Reviewing) -> None:
    at.keep(at.exposure())
    until = NOW + 3 * DAY
    at.mark(at.alert("NEW_PORT"), "acknowledged", until)
    assert at.alert("NEW_PORT").severity == "info"
    at.backend.clock.now = until - timedelta(hours=23)
    at.endings()
    (said,) = at.bus.said
    assert said.detail_type == "exception.ending"
    assert (said.detail["what"], said.detail["alert"]) == ("acknowledged", at.alert("NEW_PORT").id)
    (event,) = at.backend.live.replay(at.backend.project, f"project:{at.backend.project}").items
    assert event.type == "exception.ending"
    at.backend.clock.now = until
    at.endings()
    assert (at.alert("NEW_PORT").severity, at.alert("NEW_PORT").acknowledged) == ("high", None)
    assert at.endings() == 0
    assert len(at.bus.said) == 1


@pytest.mark.parametrize("mark", ["acknowledged", "muted"])
def test_a_mark_for_less_than_a_day_is_told_of_halfway(at: Reviewing, mark: str) -> None:
    at.keep(at.exposure())
    at.mark(at.alert("NEW_PORT"), mark, NOW + timedelta(hours=6))
    at.backend.clock.pass_by(2 * 3600)
    at.endings()
    assert at.bus.said == []
    at.backend.clock.pass_by(3600)
    at.endings()
    assert [said.detail["what"] for said in at.bus.said] == [mark]
    at.backend.clock.pass_by(3 * 3600)
    at.endings()
    assert len(at.bus.said) == 1


def test_a_rule_for_less_than_a_day_is_told_of_halfway_and_once_by_one_name(at: Reviewing) -> None:
    at.publish({**ALLOW, "until": NOW + timedelta(hours=6), "reason": "a migration"})
    at.backend.clock.pass_by(3 * 3600)
    at.endings()
    (said,) = at.bus.said
    assert (said.detail["rule"], said.detail["reason"]) == ("fine", "a migration")


def test_a_snooze_for_less_than_a_day_is_a_reminder_itself(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.mark(at.alert("NEW_PORT"), "snoozed", NOW + timedelta(hours=2))
    at.endings()
    at.backend.clock.pass_by(2 * 3600)
    at.endings()
    assert at.bus.said == []
    assert at.alert("NEW_PORT").snoozed is None


def test_a_mark_that_was_taken_away_is_not_told_of(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.mark(at.alert("NEW_PORT"), "muted", NOW + 3 * DAY)
    at.backend.alerts.change(at.alert("NEW_PORT"), by="x", event="unmuted", text="", now=NOW, muted=None)
    at.backend.clock.now = NOW + 2 * DAY
    at.endings()
    assert at.bus.said == []


def test_a_rule_that_ends_is_told_of_and_its_networks_are_reviewed(at: Reviewing) -> None:
    at.keep(at.exposure())
    until = NOW + 3 * DAY
    at.publish({**ALLOW, "until": until, "reason": "a migration"})
    at.review()
    assert at.alerts == {"NEW_PORT": "resolved"}
    at.backend.clock.now = until - DAY
    at.endings()
    (said,) = at.bus.said
    assert (said.detail["rule"], said.detail["reason"], said.detail["version"]) == ("fine", "a migration", 1)
    assert at.again.sent == []
    at.backend.clock.now = until
    at.endings()
    (message,) = at.again.sent
    assert (message["kind"], message["network"]) == ("network", at.network.id)
    at.review()
    assert at.alerts == {"NEW_PORT": "open"}


def test_a_version_that_does_not_count_any_more_ends_nothing(at: Reviewing) -> None:
    at.publish({**ALLOW, "until": NOW + 3 * DAY, "reason": "a migration"})
    at.publish(BLOCK)
    at.backend.clock.now = NOW + 4 * DAY
    at.endings()
    assert (at.bus.said, at.again.sent) == ([], [])
