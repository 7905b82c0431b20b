"""An ended scan: its failure, what waits for a second look, what it saw again, and what it covered and did not find."""

from functions.core.alert import AlertStatus
from functions.core.scan import ScanEvent
from tests.backend import NOW, Backend
from tests.usecases.reviewing import ALLOW, DAY, EXPECT, Reviewing


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
