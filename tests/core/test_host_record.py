"""What host lines make of an asset's record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.host import Host
from functions.core.host_record import MAX_CERTIFICATE_NAMES, MAX_NAMES, Sighting, seen_host
from functions.core.ids import new_id
from functions.core.messages import HostLine

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PROJECT, NETWORK, SCAN = new_id(AT), new_id(AT), new_id(AT)


def line(minutes: float = 0, **fields: Any) -> HostLine:
    plain = {"asset": "10.0.0.1", "address": "10.0.0.1", "up": True, "at": AT + timedelta(minutes=minutes)}
    return HostLine.model_validate({**plain, **fields})


def seen(host: Host | None, *lines: HostLine, **fields: Any) -> Host | None:
    plain = {"project": PROJECT, "network": NETWORK, "scan": SCAN, "lines": lines, "baseline": True}
    return seen_host(host, Sighting(**{**plain, **fields}))


@pytest.fixture
def known() -> Host:
    host = seen(None, line(10, names=("a.example",), mac="00:00:5e:00:53:01"))
    assert host is not None
    return host


def test_a_host_that_was_never_up_has_no_record() -> None:
    assert seen(None, line(up=False)) is None


def test_the_same_account_again_changes_nothing(known: Host) -> None:
    assert seen(known, line(20, names=("a.example",))) is None


def test_what_is_not_told_stays_and_what_is_told_later_holds(known: Host) -> None:
    changed = seen(known, line(20, names=("b.example",)))
    assert changed is not None
    assert (changed.names, changed.mac, changed.version) == (("b.example",), known.mac, 2)
    assert (changed.first_seen, changed.last_changed) == (AT + timedelta(minutes=10), AT + timedelta(minutes=20))


def test_an_older_account_fills_gaps_alone(known: Host) -> None:
    older = seen(known, line(5, up=False, names=("old.example",), vendor="Example Inc."))
    assert older is not None
    assert (older.names, older.vendor, older.up) == (("a.example",), "Example Inc.", True)
    assert older.last_changed == known.last_changed


def test_an_older_account_of_a_host_that_is_up_moves_first_seen_back(known: Host) -> None:
    older = seen(known, line(5))
    assert older is not None
    assert older.first_seen == AT + timedelta(minutes=5)


def test_a_host_goes_down_and_comes_up(known: Host) -> None:
    down = seen(known, line(20, up=False))
    assert down is not None
    assert not down.up
    again = seen(down, line(30))
    assert again is not None
    assert (again.up, again.first_seen) == (True, known.first_seen)


def test_one_address_up_is_enough_for_a_hostname() -> None:
    lines = (line(0, address="10.0.0.8", up=False), line(1, address="10.0.0.9"))
    host = seen(None, *lines)
    assert host is not None
    assert (host.up, host.addresses) == (True, ("10.0.0.9",))


def test_names_are_bounded() -> None:
    lines = [line(index, names=tuple(f"{index}-{name}.example" for name in range(10))) for index in range(10)]
    host = seen(None, *lines)
    assert host is not None
    assert len(host.names) == MAX_NAMES


def test_it_tells_its_scan_and_whether_it_is_baseline(known: Host) -> None:
    assert (known.scan, known.baseline) == (SCAN, True)
    changed = seen(known, line(20, vendor="Example Inc."), scan=new_id(AT), baseline=False)
    assert changed is not None
    assert changed.scan != SCAN
    assert changed.baseline, "it was once and for all"
    new = seen(None, line(), baseline=False)
    assert new is not None
    assert not new.baseline


def test_another_reason_to_be_up_is_no_change() -> None:
    host = seen(None, line(0, reason="syn-ack"))
    assert host is not None
    assert seen(host, line(10, reason="echo-reply")) is None
    down = seen(host, line(20, reason="no-response", up=False))
    assert down is not None
    assert (down.up, down.reason) == (False, "no-response")


def test_certificate_names_of_all_ports_are_kept_in_whatever_order_they_come() -> None:
    lines = [line(index, certificate_names=(f"{index}.example", f"www{index}.example")) for index in range(3)]
    one, other = seen(None, lines[0]), seen(None, lines[2])
    for each in (lines[1], lines[2]):
        one = seen(one, each) or one
    for each in (lines[0], lines[1], lines[2]):
        other = seen(other, each) or other
    assert one is not None
    assert other is not None
    assert one.certificate_names == other.certificate_names == tuple(sorted(one.certificate_names))
    assert len(one.certificate_names) == 6
    many = seen(one, line(20, certificate_names=tuple(f"{index}.many.example" for index in range(32))))
    assert many is not None
    assert len(many.certificate_names) == MAX_CERTIFICATE_NAMES
