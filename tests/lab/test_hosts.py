"""The plan of a lab."""

from tests.lab.hosts import KINDS, STANDARD, HostSpec, Service, many


def all_running(host: HostSpec) -> dict[str, Service]:
    return {spec.name: KINDS[spec.kind].service for spec in host.services}


def test_the_same_seed_gives_the_same_hosts() -> None:
    assert many(16, seed=1) == many(16, seed=1) != many(16, seed=2)


def test_many_hosts_hold_dozens_of_ports_and_some_firewalls() -> None:
    hosts = many(16, seed=1)

    ports = [port for host in hosts for port in host.open_ports(all_running(host))]
    assert len(ports) > 40
    assert sum(1 for host in hosts if host.firewall) == 4


def test_a_host_that_answers_everything_answers_on_every_port() -> None:
    everything = next(host for host in STANDARD if host.name == "everything")

    assert len(everything.open_ports(all_running(everything))) == 65535
    assert everything.open_ports({}) == {}


def test_a_firewall_hides_what_it_does_not_pass() -> None:
    dropping = next(host for host in STANDARD if host.name == "dropping")

    assert set(dropping.open_ports(all_running(dropping))) == {("tcp", 22), ("tcp", 8443)}
