"""Alerts of hosts: resolved when the host is gone, raised when it is back."""

from typing import Any

from functions.core.alert import AlertStatus
from functions.store.hosts import Hosts
from tests.backend import NOW
from tests.usecases.evaluating import a_host
from tests.usecases.reviewing import Reviewing, edit, store


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
