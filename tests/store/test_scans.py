"""Scans: created once, one live scan a network, changed by the table alone."""

import pytest

from functions.core.errors import AlreadyExists, IllegalTransition, NotFound, ScanInProgress, StaleVersion
from functions.core.scan import ScanCounts, ScanEvent, ScanStatus
from functions.core.stop import Stop
from functions.store.scans import Scans
from functions.store.table import Table
from tests.store.examples import AT, NETWORK, PROJECT, after, identifier, scan

SECOND_NETWORK = identifier("second network")


@pytest.fixture
def scans(table: Table) -> Scans:
    return Scans(table)


def test_a_new_scan_is_its_networks_live_one(scans: Scans) -> None:
    planned = scan()
    scans.create_live(planned)
    assert scans.get(PROJECT, planned.id) == planned
    assert scans.live(PROJECT, NETWORK) == planned.id
    assert list(scans.all_live()) == [(PROJECT, planned.id)]


def test_the_same_scan_again_exists_already_and_is_shown(scans: Scans) -> None:
    scans.create_live(scan())
    with pytest.raises(AlreadyExists) as refused:
        scans.create_live(scan())
    assert refused.value.current == scan().model_dump(mode="json")


def test_a_second_scan_of_the_network_is_told_of_the_live_one(scans: Scans) -> None:
    scans.create_live(scan())
    second = scan("second", at=after(1))
    with pytest.raises(ScanInProgress) as refused:
        scans.create_live(second)
    assert refused.value.current == {"scan": scan().id}
    with pytest.raises(NotFound):
        scans.get(PROJECT, second.id)


def test_the_end_of_a_scan_frees_its_network(scans: Scans) -> None:
    scans.create_live(scan())
    running = scans.transition(scan(), ScanEvent.START, started=after(1))
    assert scans.live(PROJECT, NETWORK) == running.id
    ended = scans.transition(running, ScanEvent.COMPLETE, ended=after(2), counts=ScanCounts(opened=3))
    assert scans.get(PROJECT, ended.id) == ended
    assert (ended.status, ended.version, ended.counts.opened) == (ScanStatus.COMPLETED, 3, 3)
    assert scans.live(PROJECT, NETWORK) == ""
    assert list(scans.all_live()) == []
    scans.create_live(scan("second", at=after(3)))


def test_a_late_event_loses_and_changes_nothing(scans: Scans) -> None:
    scans.create_live(scan())
    running = scans.transition(scan(), ScanEvent.START)
    ended = scans.transition(running, ScanEvent.FAIL)
    with pytest.raises(IllegalTransition):
        scans.transition(ended, ScanEvent.COMPLETE)
    with pytest.raises(IllegalTransition) as refused:
        scans.transition(running, ScanEvent.COMPLETE)
    assert refused.value.current["status"] == "failed"
    assert scans.get(PROJECT, ended.id) == ended


def test_ending_an_old_scan_does_not_free_the_next_ones_claim(scans: Scans, table: Table) -> None:
    scans.create_live(scan())
    table.delete(f"LIV#{PROJECT}", NETWORK)
    second = scan("second", at=after(1))
    scans.create_live(second)
    assert scans.transition(scan(), ScanEvent.FAIL).status is ScanStatus.FAILED
    assert scans.live(PROJECT, NETWORK) == second.id
    assert list(scans.all_live()) == [(PROJECT, second.id)]


def test_an_edit_of_a_stale_scan_carries_the_current_one(scans: Scans) -> None:
    scans.create_live(scan())
    scans.update(scan(), reason="two hostnames were not resolved")
    with pytest.raises(StaleVersion) as refused:
        scans.update(scan(), reason="another")
    assert refused.value.current["reason"] == "two hostnames were not resolved"


def test_a_stop_request_stands_beside_other_changes(scans: Scans) -> None:
    scans.create_live(scan())
    assert scans.request_stop(scan(), Stop.CANCEL, now=AT).stop_asked == AT
    assert scans.request_stop(scan(), Stop.CANCEL, now=AT).stop == "cancel"
    running = scans.transition(scan(), ScanEvent.START)
    kept = scans.get(PROJECT, running.id)
    assert (kept.stop, kept.status, kept.version) == ("cancel", ScanStatus.RUNNING, 2)


def test_an_ended_scan_cannot_be_asked_to_stop(scans: Scans) -> None:
    scans.create_live(scan())
    scans.transition(scan(), ScanEvent.FAIL)
    with pytest.raises(IllegalTransition):
        scans.request_stop(scan(), Stop.CANCEL, now=AT)
    with pytest.raises(NotFound):
        scans.request_stop(scan().model_copy(update={"id": identifier("unknown")}), Stop.CANCEL, now=AT)


def test_scans_are_listed_newest_first_by_project_network_and_status(scans: Scans) -> None:
    first = scan("first")
    scans.create_live(first)
    scans.transition(first, ScanEvent.FAIL)
    other = scan("other", network=SECOND_NETWORK, at=after(1))
    scans.create_live(other)
    third = scan("third", at=after(2))
    scans.create_live(third)

    assert [each.id for each in scans.list(PROJECT).items] == [third.id, other.id, first.id]
    assert [each.id for each in scans.list(PROJECT, network=NETWORK).items] == [third.id, first.id]
    assert [each.id for each in scans.list(PROJECT, status="failed").items] == [first.id]
    page = scans.list(PROJECT, network=NETWORK, limit=1)
    assert [each.id for each in page.items] == [third.id]
    rest = scans.list(PROJECT, network=NETWORK, limit=1, cursor=page.next_cursor)
    assert [each.id for each in rest.items] == [first.id]
