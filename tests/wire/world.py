"""Who stands in the lab, what of it may be scanned, and that all the others are alive too."""

import sys
from ipaddress import ip_network

from tests.lab.host import Host
from tests.lab.hosts import STANDARD, HostSpec, ServiceSpec
from tests.lab.lab import Lab
from tests.lab.namespaces import in_namespace, run
from tests.wire.ground import Infrastructure
from tests.wire.packets import Address


def _page(name: str) -> HostSpec:
    return HostSpec(name, (ServiceSpec("http", "http", 80),))


HOSTS = (*STANDARD, _page("sold"), _page("frail"), _page("named"), _page("rebound"))

ALLOWED = ("web", "ssh", "silent", "dropping")
EXCLUDED = "database"
"""By the network."""
FORBIDDEN = "rejecting"
"""By the organisation, for everybody."""
IN_NO_AUTHORITY = ("everything", "mail", "rebound")
SOLD = "sold"
"""Its authority is revoked while it is scanned."""
FRAIL = "frail"
"""Excluded by the organisation while it is scanned."""
NAMED = "named"
"""Scanned by its name alone, which then comes to mean `REBOUND`."""
REBOUND = "rebound"

_OPEN = {EXCLUDED: 6379, FORBIDDEN: 8000, "everything": 80, "mail": 25, SOLD: 80, FRAIL: 80, NAMED: 80, REBOUND: 80}
_BESIDE = "silent"
_CONNECT = (
    "import socket, sys; [socket.create_connection((each, int(sys.argv[1])), 3).close() for each in sys.argv[2:]]"
)


def both(host: Host) -> tuple[str, str]:
    return str(host.address), str(host.address6)


def of(lab: Lab, *names: str) -> list[str]:
    """The addresses of these hosts, as targets or exclusions are given."""
    return [address for name in names for address in both(lab.host(name))]


def addresses(lab: Lab, *names: str) -> frozenset[Address]:
    return frozenset(address for name in names for address in (lab.host(name).address, lab.host(name).address6))


def inside(network: str) -> frozenset[Address]:
    return frozenset(ip_network(network))


def infrastructure(lab: Lab) -> Infrastructure:
    workers = frozenset(address for worker in lab.workers for address in (worker.address, worker.address6))
    return Infrastructure(
        gateways=frozenset(address - 1 for address in workers), resolver=lab.host("dns").address, workers=workers
    )


def check_alive(lab: Lab) -> None:
    """Raises LabError where one of those that must not be scanned would not answer anyway; asks from beside them, past the router."""
    for name, port in _OPEN.items():
        argv = [sys.executable, "-c", _CONNECT, str(port), *both(lab.host(name))]
        run(in_namespace(lab.host(_BESIDE).namespace, argv))
