"""Which hosts nmap is asked about together, of how many ports, and in which order."""

import ipaddress
from collections.abc import Iterator

from functions.core.addresses import Address
from scanner_image.batches import MOST_HOSTS, SAMPLE, Batch, Waiting

PORTS = range(1, 1001)


def address(number: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(f"10.0.0.{number}")


def found(*hosts: int) -> dict[Address, dict[int, object]]:
    """Hosts by how many of the ports they have open."""
    return {address(number): dict.fromkeys(PORTS[:count]) for number, count in enumerate(hosts)}


def batches(open_ports: dict[Address, dict[int, object]], waiting: Waiting | None = None) -> list[Batch]:
    """All that are asked once everything is found."""
    waiting = waiting or Waiting(asked=len(PORTS), quick=True)

    def all_of_them() -> Iterator[Batch]:
        while batch := waiting.take(open_ports, whole=True):
            yield batch

    return list(all_of_them())


def test_a_host_that_seems_to_answer_on_everything_comes_last_and_is_asked_about_few_ports() -> None:
    *others, last = batches(found(1000, 2, 3))
    assert (last.addresses, last.sampled, len(last.ports)) == ((address(0),), True, SAMPLE)
    assert max(last.ports) - min(last.ports) > 900, "spread over all of them"
    assert {each for batch in others for each in batch.addresses} == {address(1), address(2)}
    assert not any(batch.sampled for batch in others)


def test_a_host_with_many_ports_among_more_is_asked_about_its_first() -> None:
    (batch,) = batches(found(300))
    assert (batch.sampled, len(batch.ports), max(batch.ports)) == (False, 200, 200)


def test_hosts_are_asked_about_in_bounded_groups() -> None:
    assert max(len(batch.addresses) for batch in batches(found(*[2] * 200))) == MOST_HOSTS


def test_every_open_port_is_asked_about_once() -> None:
    hosts: dict[Address, dict[int, object]] = {
        address(number): dict.fromkeys(PORTS[number : 3 * number]) for number in range(1, 60)
    }
    asked = [(host, port) for batch in batches(hosts) for host, ports in batch.wanted.items() for port in ports]
    assert sorted(asked) == sorted((host, port) for host, ports in hosts.items() for port in ports)


def test_a_port_that_was_taken_back_leaves_none_that_is_found_later_unasked() -> None:
    waiting = Waiting(asked=len(PORTS), quick=True)
    (first,) = batches({address(1): {80: None}}, waiting)
    (later,) = batches({address(1): {443: None}}, waiting)
    assert (first.ports, later.ports) == (frozenset({80}), frozenset({443}))


def test_hosts_with_unlike_ports_are_asked_apart() -> None:
    hosts: dict[Address, dict[int, object]] = {
        address(number): dict.fromkeys(range(20 * number, 20 * number + 20)) for number in range(1, 33)
    }
    for batch in batches(hosts):
        assert len(batch.ports) * len(batch.addresses) <= 20 * len(batch.addresses) + 256


def test_while_more_is_found_a_host_with_many_ports_waits() -> None:
    waiting, hosts = Waiting(asked=1000, quick=True), found(SAMPLE + 1, 3)
    early = waiting.take(hosts, whole=False)
    assert early is not None
    assert early.addresses == (address(1),)
    assert waiting.take(hosts, whole=False) is None
    (late,) = batches(hosts, waiting)
    assert late.addresses == (address(0),)


def test_a_host_is_asked_about_itself_once() -> None:
    waiting, hosts = Waiting(asked=1000, quick=True), found(2)
    first = waiting.take(hosts, whole=False)
    hosts[address(0)][700] = None
    second = waiting.take(hosts, whole=False)
    assert first is not None
    assert second is not None
    assert (first.first, second.first) == (True, False)
    assert second.ports == {700}


def test_what_the_first_look_did_not_name_gets_a_patient_one() -> None:
    waiting, hosts = Waiting(asked=1000, quick=True), found(2, 2)
    assert [batch.look for batch in batches(hosts, waiting)] == ["quick", "quick"]
    waiting.ask_again(address(1), 2)
    (batch,) = batches(hosts, waiting)
    assert (batch.look, batch.first) == ("patient", False)
    assert batch.wanted == {address(1): {2}}


def test_a_host_that_answered_on_few_ports_before_it_showed_itself_is_asked_about_no_more_than_the_sample() -> None:
    waiting, hosts = Waiting(asked=1000, quick=True), found(10)
    waiting.take(hosts, whole=False)
    hosts[address(0)] = dict.fromkeys(PORTS)
    (batch,) = batches(hosts, waiting)
    assert (batch.sampled, len(batch.ports)) == (True, SAMPLE - 10)
