"""Changed records make alerts, once; what must be looked at as a whole is sent to review."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.core.alert import Alert, AlertStatus
from functions.core.derive import Call
from functions.core.host import Host
from functions.core.ids import new_id
from functions.core.network import Network
from functions.core.scan import ScanStatus
from functions.core.service import Service
from functions.store.alerts import Alerts
from functions.store.hosts import Hosts
from functions.usecases.settle_alerts import SettleAlerts
from tests.backend import NOW, Backend
from tests.usecases.evaluating import LATER, SETTLING_S, Evaluating, a_host, later


@pytest.fixture
def at(backend: Backend) -> Evaluating:
    evaluating = Evaluating(backend)
    evaluating.watch()
    return evaluating


def test_a_change_told_twice_raises_one_alert(at: Evaluating) -> None:
    record = at.record(at.exposure())
    at.tell(record, record)
    assert at.alerts == {"NEW_PORT": "open"}
    assert at.alert("NEW_PORT").count == 1


class Unread(Alerts):
    def find_all(self, project: str, alerts: Collection[str]) -> dict[str, Alert]:
        raise AssertionError(f"{alerts} of {project} were read")


def test_another_version_of_a_service_has_no_alert_read(at: Evaluating) -> None:
    service = Service(name="ssh", product="OpenSSH", version="9.2", confidence=10)
    opened = at.change(None, at.exposure(service=service))
    at.consume = replace(at.consume, alerts=Unread(at.backend.table))
    at.change(opened, later(opened, "changed", service=service.model_copy(update={"version": "9.3"})))


@pytest.mark.parametrize(
    "fields",
    [
        {"service": Service(name="telnet", confidence=10)},
        {"service": Service(name="ssh", product="Dropbear", confidence=10)},
        {"state": "suspect"},
        {"answering": False},
        {"accepted": LATER},
    ],
    ids=["another name", "another product", "another state", "away", "accepted"],
)
def test_a_change_that_alerts_may_rest_on_has_them_read(at: Evaluating, fields: dict[str, Any]) -> None:
    opened = at.change(None, at.exposure(service=Service(name="ssh", product="OpenSSH", confidence=10)))
    at.consume = replace(at.consume, alerts=Unread(at.backend.table))
    told = at.record(later(opened, "changed", **fields), opened)
    assert [type(error) for _, error in at.consume([told])] == [AssertionError]


def test_what_closes_resolves_its_alert_and_says_why(at: Evaluating) -> None:
    opened = at.change(None, at.exposure())
    closed = at.change(opened, later(opened, "closed", state="closed", answering=False))
    alert = at.alert("NEW_PORT")
    assert (alert.status, alert.resolution.by) == (AlertStatus.RESOLVED, "")
    assert alert.resolution.reason.startswith(f"closed in covered scope: scan {closed.change.scan}")


def test_a_reopening_within_the_window_goes_on_with_its_alert(at: Evaluating) -> None:
    opened = at.change(None, at.exposure())
    closed = at.change(opened, later(opened, "closed", state="closed", answering=False))
    again = later(closed, "reopened", state="open", answering=True, reopened=1)
    for _ in range(2):
        at.change(closed, again)
    alert = at.alert("NEW_PORT")
    assert (alert.status, alert.count, alert.resolution) == (AlertStatus.OPEN, 2, None)
    assert alert.why.scan == again.change.scan


def test_a_new_episode_is_a_new_alert(at: Evaluating) -> None:
    opened = at.change(None, at.exposure())
    closed = at.change(opened, later(opened, "closed", state="closed", answering=False))
    again = later(closed, "reopened", state="open", answering=True, episode=2)
    at.change(closed, again.model_copy(update={"opening": again.change}))
    assert at.alerts == {"NEW_PORT": "resolved", "REOPENED": "open"}


def test_flapping_keeps_its_alert_open_at_each_flip(at: Evaluating) -> None:
    opened = at.change(None, at.exposure())
    flaps = {"state": "flapping", "flips": (NOW, LATER)}
    away = at.change(opened, later(opened, "closed", answering=False, **flaps))
    assert at.alerts == {"NEW_PORT": "open"}
    at.change(away, later(away, "reopened", answering=True, reopened=1, **flaps))
    alert = at.alert("NEW_PORT")
    assert (alert.status, alert.count) == (AlertStatus.OPEN, 2)
    assert "It flaps" in alert.why.text


def test_a_decision_that_changes_swaps_the_alert(at: Evaluating) -> None:
    web = Service(name="http", confidence=10)
    opened = at.change(None, at.exposure(service=web))
    at.publish({"name": "no-telnet", "action": "block", "service": "telnet"})
    at.change(opened, later(opened, "changed", service=Service(name="telnet", confidence=10)))
    assert at.alerts == {"NEW_PORT": "resolved", "BLOCKED": "open"}
    assert at.alert("NEW_PORT").resolution.reason == "told of as BLOCKED"


def test_a_service_that_changes_again_counts_in_its_alert(at: Evaluating) -> None:
    at.publish({"name": "fine", "action": "allow"})
    kinds = [Service(name=name, confidence=10) for name in ("http", "ssh", "telnet")]
    first = at.change(None, at.exposure(service=kinds[0]))
    second = at.change(first, later(first, "changed", service=kinds[1]))
    third = later(second, "changed", service=kinds[2])
    evidence = third.change.model_copy(update={"at": LATER + timedelta(days=1)})
    third = third.model_copy(update={"change": evidence})
    for _ in range(2):
        at.change(second, third)
    alert = at.alert("SERVICE_CHANGED")
    assert (alert.count, alert.status) == (2, AlertStatus.OPEN)
    assert "answers as telnet where it answered as ssh" in alert.why.text


def test_what_was_acknowledged_is_not_raised_again_by_the_next_scan(at: Evaluating) -> None:
    opened = at.change(None, at.exposure())
    alert = at.alert("NEW_PORT")
    mark = {"by": "somebody", "at": NOW, "reason": "known", "until": None}
    at.backend.alerts.change(alert, by="somebody", event="acknowledged", text="known", now=NOW, acknowledged=mark)
    missed = at.change(opened, later(opened, "missed", state="suspect", misses=1))
    at.change(missed, later(missed, "seen_again", state="open", misses=0))
    assert (at.alert("NEW_PORT").severity, at.alert("NEW_PORT").status) == ("info", "open")


def test_what_was_resolved_by_hand_stays_so_until_a_scan_has_looked(at: Evaluating) -> None:
    opened = at.change(None, at.exposure())
    alert = at.alert("NEW_PORT")
    done = {"by": "somebody", "at": NOW, "reason": "removed"}
    at.backend.alerts.change(alert, by="x", event="resolved", text="", now=NOW, status="resolved", resolution=done)
    at.change(opened, later(opened, "confirmed"))
    assert at.alerts == {"NEW_PORT": "resolved"}
    at.change(opened, later(opened, "closed", state="closed", answering=False))
    assert at.alert("NEW_PORT").resolution.gone is not None


def test_what_must_be_confirmed_waits_and_is_kept_for_the_confirmation(backend: Backend) -> None:
    at = Evaluating(backend)
    at.watch(confirm=["NEW_PORT"])
    opened = at.change(None, at.exposure(confirmed=False))
    assert at.alerts == {}
    (cell,) = at.waiting.of_scan(backend.project, opened.change.scan)
    assert (cell.asset, cell.port) == ("10.0.0.1", 22)
    at.change(opened, later(opened, "confirmed", confirmed=True))
    assert at.alerts == {"NEW_PORT": "open"}
    assert at.alert("NEW_PORT").why.scan == opened.change.scan


def test_bookkeeping_reads_and_writes_no_alert(at: Evaluating, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = at.change(None, at.exposure())

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nobody may look")

    monkeypatch.setattr(SettleAlerts, "__call__", refuse)
    monkeypatch.setattr(SettleAlerts, "raise_new", refuse)
    missed = at.change(opened, later(opened, "missed", state="suspect", misses=1))
    at.change(missed, later(missed, "seen_again", state="open", misses=0))


def test_a_first_coverage_reads_no_alert(at: Evaluating, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a million exposures this is what a first scan costs."""
    seen: list[Call] = []
    monkeypatch.setattr(SettleAlerts, "raise_new", lambda _self, calls: seen.extend(calls))
    at.change(None, at.exposure(evidence={"baseline": True}))
    assert [call for call in seen if not call.waiting] == []


def test_a_network_that_is_gone_raises_nothing(at: Evaluating) -> None:
    exposure = at.exposure().model_copy(update={"network": new_id(NOW)})
    at.change(None, exposure)
    assert at.alerts == {}


def test_a_rule_by_tag_sees_the_tags_of_the_host(at: Evaluating) -> None:
    at.publish({"name": "no-dmz", "action": "block", "tag": "dmz"})
    host = a_host(at, tags=("dmz",))
    Hosts(at.backend.table).save(host)
    at.change(None, at.exposure())
    assert at.alerts == {"BLOCKED": "open"}


def test_a_host_where_nothing_was_is_an_alert_once(at: Evaluating) -> None:
    record = at.record(a_host(at, baseline=False), family="HST")
    at.tell(record, record, at.record(a_host(at, asset="10.0.0.2"), family="HST"))
    assert at.alerts == {"NEW_HOST": "open"}


def test_a_host_that_answers_everything_is_an_alert_as_long_as_it_does(at: Evaluating) -> None:
    plain, flagged = a_host(at), a_host(at, answers_everything=LATER, version=2)
    at.tell(at.record(flagged, plain, family="HST"))
    assert at.alerts == {"ANSWERS_EVERYTHING": "open"}
    at.tell(at.record(a_host(at, version=3), flagged, family="HST"))
    assert at.alerts == {"ANSWERS_EVERYTHING": "resolved"}


def test_new_tags_of_a_host_have_its_exposures_looked_at_again(at: Evaluating) -> None:
    at.tell(at.record(a_host(at, tags=("dmz",), version=2), a_host(at), family="HST"))
    (message,) = at.reviews.sent
    assert (message["kind"], message["network"], message["asset"]) == ("network", at.network.id, "10.0.0.1")


def test_the_end_of_a_scan_is_reviewed_once_its_changes_have_settled(at: Evaluating) -> None:
    running = at.backend.scan(at.network, status="running")
    ended = running.model_copy(update={"status": ScanStatus.COMPLETED, "ended": LATER})
    counted = ended.model_copy(update={"version": 9})
    at.tell(at.record(running, family="SCN"), at.record(ended, running, family="SCN"))
    at.tell(at.record(counted, ended, family="SCN"))
    (message,) = at.reviews.sent
    assert (message["kind"], message["scan"]) == ("scan", running.id)
    assert at.reviews.delays == [SETTLING_S]


@pytest.mark.parametrize(
    ("change", "reviewed"),
    [({"name": "other"}, 0), ({"tags": ("dmz",)}, 1), ({"enabled": False}, 1), ({"alerts": {"baseline": "alert"}}, 1)],
)
def test_settings_that_decide_otherwise_have_the_network_reviewed(
    at: Evaluating, change: dict[str, Any], reviewed: int
) -> None:
    edited = Network.model_validate({**at.network.model_dump(), **change})
    at.tell(at.record(at.network, family="NET"), at.record(edited, at.network, family="NET"))
    assert len(at.reviews.sent) == reviewed


def test_a_network_that_is_deleted_is_reviewed_a_last_time(at: Evaluating) -> None:
    at.tell(at.record(None, at.network, family="NET"))
    assert [message["cause"] for message in at.reviews.sent] == ["the network was deleted"]


def test_a_poisoned_record_is_given_up_alone(at: Evaluating) -> None:
    good, other = at.exposure(), at.exposure(port=80)
    poisoned = at.record(good)
    del poisoned.new["state"]
    given_up = list(at.consume([poisoned, at.record(good), at.record(other)]))
    assert [record.id for record, _ in given_up] == [poisoned.id]
    assert sorted(alert.port or 0 for alert in at.backend.alerts.list(at.backend.project).items) == [22, 80]


def test_a_new_host_that_somebody_accepts_resolves_its_alert(at: Evaluating) -> None:
    found = a_host(at, baseline=False)
    at.tell(at.record(found, family="HST"))
    accepted = found.model_copy(update={"accepted": LATER, "accepted_by": "somebody", "version": 2})
    at.tell(at.record(accepted, found, family="HST"))
    assert at.alert("NEW_HOST").resolution.reason == "somebody took it for part of the baseline"


def test_a_port_that_reopens_looks_for_its_host_once_in_a_batch(
    at: Evaluating, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    find = Hosts.get

    def counted(self: Hosts, *key: str) -> Host:
        asked.append(key[2])
        return find(self, *key)

    monkeypatch.setattr(Hosts, "get", counted)
    closed = [at.exposure("closed", port=port, state="closed", answering=False) for port in (22, 80)]
    again = [later(each, "reopened", state="open", answering=True, reopened=1) for each in closed]
    at.tell(*(at.record(after, before) for before, after in zip(closed, again, strict=True)))
    assert asked == ["10.0.0.1"]
