"""When a network counts as not watched, and how its troubles are counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.alert import AlertType
from functions.core.network import Network
from functions.core.scan import Scan
from functions.core.tick import Tick
from functions.core.watch import Watch, is_whole, missed
from tests.store.examples import NETWORK, PROJECT, network, scan

DAY = timedelta(days=1)
MADE = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
NIGHTLY = {"expression": "cron(0 3 * * ? *)"}


def a_network(**fields: Any) -> Network:
    return network(**{"schedule": NIGHTLY, "updated": MADE, **fields})


def a_scan(ended: datetime) -> Scan:
    return scan(status="completed", ended=ended)


def a_tick(scheduled: datetime, outcome: str = "skipped") -> Tick:
    fields = {"project": PROJECT, "network": NETWORK, "scheduled": scheduled, "recorded": scheduled}
    return Tick.model_validate({**fields, "outcome": outcome})


def is_missed(at: datetime, *, good: datetime | None = None, ticks: tuple[Tick, ...] = (), **fields: Any) -> bool:
    found = missed(a_network(**fields), last_good=a_scan(good) if good else None, ticks=ticks, now=at)
    return found is not None


def test_a_network_is_missed_once_the_grace_after_its_due_time_is_over() -> None:
    assert not is_missed(DUE + timedelta(hours=5, minutes=59), good=DUE - DAY + timedelta(hours=1))
    assert is_missed(DUE + timedelta(hours=6), good=DUE - DAY + timedelta(hours=1))


def test_a_frequent_schedule_has_two_hours_of_grace() -> None:
    hourly = {"expression": "rate(1 hour)"}
    assert not is_missed(DUE, good=DUE - timedelta(hours=2), schedule=hourly)
    assert is_missed(DUE, good=DUE - timedelta(hours=4), schedule=hourly)


def test_a_scan_that_ended_since_the_due_time_is_enough() -> None:
    assert not is_missed(DUE + timedelta(hours=8), good=DUE + timedelta(hours=1))


def test_a_network_that_was_never_scanned_is_missed_too() -> None:
    assert is_missed(DUE + timedelta(hours=8))


def test_a_due_time_before_the_last_edit_does_not_count() -> None:
    assert not is_missed(DUE + timedelta(hours=8), updated=DUE + timedelta(hours=1))


@pytest.mark.parametrize(
    "fields", [{"schedule": None}, {"schedule": {**NIGHTLY, "enabled": False}}, {"enabled": False}]
)
def test_nobody_misses_what_is_not_scheduled_or_is_off(fields: dict[str, Any]) -> None:
    assert not is_missed(DUE + timedelta(hours=8), **fields)


def test_ticks_skipped_in_a_row_make_a_network_not_watched() -> None:
    ticks = tuple(a_tick(DUE - back * timedelta(hours=1)) for back in range(3))
    assert is_missed(DUE, good=DUE - DAY, ticks=ticks, updated=DUE)
    assert not is_missed(DUE, good=DUE - DAY, ticks=ticks[:2], updated=DUE)
    assert not is_missed(DUE, good=DUE - timedelta(minutes=30), ticks=ticks, updated=DUE)


def test_one_tick_that_started_a_scan_breaks_the_row() -> None:
    ticks = (a_tick(DUE), a_tick(DUE - timedelta(hours=1), "started"), a_tick(DUE - timedelta(hours=2)))
    assert not is_missed(DUE, good=DUE - DAY, ticks=ticks, updated=DUE)


def test_trouble_counts_each_cause_once_and_each_coming_as_an_episode() -> None:
    watch = Watch(project=PROJECT, network=NETWORK, type=AlertType.SCAN_FAILED)
    first = watch.came(MADE, "one")
    assert (first.episode, first.count, first.since) == (1, 1, MADE)
    assert first.came(MADE + DAY, "one") == first
    second = first.came(MADE + DAY, "two")
    assert (second.episode, second.count, second.since) == (1, 2, MADE)
    again = second.went().came(MADE + 2 * DAY, "three")
    assert (again.episode, again.count, again.since) == (2, 1, MADE + 2 * DAY)
    assert watch.went() == watch


def test_a_part_of_a_network_is_not_the_whole() -> None:
    whole = a_network()
    assert is_whole(a_scan(DUE), whole)
    assert not is_whole(scan(kind="confirm"), whole)
    assert not is_whole(a_scan(DUE), a_network(targets=("10.0.0.0/24", "10.0.1.0/24")))
    assert not is_whole(a_scan(DUE), a_network(ports="22,80,443"))
