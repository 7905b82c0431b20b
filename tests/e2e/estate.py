"""What tests scan in the lab, and what is really there."""

from collections.abc import Iterable

from tests.lab.lab import Lab

Cell = tuple[str, str, int]

PORTS = "1-1024,3306,6379,8000,8080,8443,31337,40021,50000,65535"
"""Every port of the standard lab, among a thousand that are closed, dropped or rejected."""

_PORT_NUMBERS = frozenset({*range(1, 1025), 3306, 6379, 8000, 8080, 8443, 31337, 40021, 50000, 65535})


def targets(lab: Lab, *names: str, versions: Iterable[int] = (4,)) -> list[str]:
    """The addresses of these hosts; of all but the one that answers on everything when none is named."""
    hosts = [lab.host(name) for name in names] or [host for host in lab.hosts if host.name != "everything"]
    return [str(host.address if version == 4 else host.address6) for version in versions for host in hosts]


def truth(lab: Lab, scanned: Iterable[str], *, protocol: str = "tcp") -> set[Cell]:
    """The open cells of these addresses within PORTS, by the lab's own book."""
    return {
        (address, proto, port)
        for address in scanned
        for proto, port in lab.truth.get(address, {})
        if proto == protocol and port in _PORT_NUMBERS
    }
