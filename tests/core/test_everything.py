"""Hosts that answer on everything."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from functions.core.everything import Look, is_evidence, looked_at
from functions.core.host import Host
from functions.core.ids import new_id
from functions.core.intervals import IntervalSet
from functions.core.service import Service

AT = datetime(2026, 11, 21, tzinfo=UTC)
ID = new_id(AT)
HOST = Host(project=ID, network=ID, asset="10.0.0.1", first_seen=AT, last_changed=AT)


def look(open_ports: int, *, first: int = 1, last: int = 1000, identified: int = 0, minute: int = 0) -> Look:
    ports = IntervalSet(((first, last),))
    at = AT + timedelta(minutes=minute)
    return Look(asked=ports, covered=ports, open=open_ports, identified=identified, at=at)


@pytest.mark.parametrize(
    ("seen", "flagged"),
    [
        (look(1000), True),
        (look(500), True),
        (look(499), False),
        (look(1000, identified=4), True),
        (look(1000, identified=5), False),
        (look(99, last=100), False),
        (look(100, last=100), True),
    ],
)
def test_many_ports_and_hardly_a_service_behind_them(seen: Look, flagged: bool) -> None:
    assert (looked_at(HOST, seen).answers_everything is not None) == flagged


@pytest.mark.parametrize(
    ("service", "heard"),
    [
        (Service(name="ssh", confidence=10), True),
        (Service(name="ssh", confidence=3), False),
        (Service(name="tcpwrapped", confidence=8), False),
        (Service(), False),
    ],
)
def test_a_service_is_evidence_when_something_was_heard(service: Service, heard: bool) -> None:
    assert is_evidence(service) == heard


def test_it_is_flagged_since_it_first_was() -> None:
    flagged = looked_at(HOST, look(1000, minute=5))
    assert flagged.answers_everything == AT + timedelta(minutes=5)
    assert looked_at(flagged, look(1000, minute=99)) == flagged


def test_the_same_ports_clear_it_when_they_no_longer_answer() -> None:
    flagged = looked_at(HOST, look(1000))
    assert looked_at(flagged, look(3, minute=9)) == HOST
    assert looked_at(flagged, look(3, first=1, last=99, minute=9)) == flagged, "too few ports to say so"
    assert looked_at(flagged, look(3, first=2000, last=3000, minute=9)) == flagged, "other ports say nothing of these"


def test_the_chunks_of_a_scan_give_one_flag_in_any_order() -> None:
    chunks = [look(1000, minute=3), look(1000, first=1001, last=2000, minute=1), look(0, first=2001, last=3000)]
    outcomes = set()
    for order in permutations(chunks):
        host = HOST
        for each in (*order, order[0]):
            host = looked_at(host, each)
        outcomes.add((host.answers_everything, host.everything_ports))
    assert outcomes == {(AT + timedelta(minutes=1), ("1-1000", "1001-2000"))}
