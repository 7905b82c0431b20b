"""Networks whose schedule brings no scan."""

from datetime import timedelta
from typing import Any

from functions.core.network import Network
from functions.core.scan import ScanEvent
from functions.core.tick import Tick
from tests.backend import NOW, Backend
from tests.usecases.reviewing import Reviewing


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
