"""Which hosts nmap is asked about together, and of how many ports."""

import ipaddress

from functions.core.addresses import Address
from scanner_image.services import MOST_HOSTS, SAMPLE, batches

PORTS = range(1, 1001)


def address(number: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(f"10.0.0.{number}")


def found(*hosts: int) -> dict[Address, dict[int, object]]:
    """Hosts by how many of the ports they have open."""
    return {address(number): dict.fromkeys(PORTS[:count]) for number, count in enumerate(hosts)}


def test_a_host_that_seems_to_answer_on_everything_comes_last_and_is_asked_about_few_ports() -> None:
    *others, last = batches(found(1000, 2, 3), asked=1000)
    assert (last.addresses, last.sampled, len(last.ports)) == ((address(0),), True, SAMPLE)
    assert max(last.ports) - min(last.ports) > 900, "spread over all of them"
    assert {each for batch in others for each in batch.addresses} == {address(1), address(2)}
    assert not any(batch.sampled for batch in others)


def test_a_host_with_many_ports_among_more_is_asked_about_its_first() -> None:
    (batch,) = batches(found(300), asked=1000)
    assert (batch.sampled, len(batch.ports), max(batch.ports)) == (False, 200, 200)


def test_hosts_are_asked_about_in_bounded_groups() -> None:
    assert max(len(batch.addresses) for batch in batches(found(*[2] * 200), asked=1000)) == MOST_HOSTS
