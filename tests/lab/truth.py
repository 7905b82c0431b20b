"""What the kernel says is listening on a host, compared with the plan."""

import time
from collections.abc import Collection

from tests.lab.hosts import Port
from tests.lab.namespaces import LabError, in_namespace, run

PATIENCE_S = 60.0


def listening(namespace: str) -> tuple[set[Port], set[Port]]:
    """The ports that listen on every IPv4 and on every IPv6 address of a namespace."""
    over_ipv4: set[Port] = set()
    over_ipv6: set[Port] = set()
    for line in run(in_namespace(namespace, ["ss", "-Hlntu"])).splitlines():
        proto, _state, _received, _sent, local, *_ = line.split()
        address, _, text = local.rpartition(":")
        port: Port = ("udp" if proto == "udp" else "tcp", int(text))
        if address in {"0.0.0.0", "*"}:
            over_ipv4.add(port)
        if address in {"[::]", "*"}:
            over_ipv6.add(port)
    return over_ipv4, over_ipv6


def await_listening(namespace: str, planned: Collection[Port]) -> None:
    """Wait until exactly the planned ports listen, over IPv4 and IPv6 alike."""
    deadline = time.monotonic() + PATIENCE_S
    while (seen := listening(namespace)) != (set(planned), set(planned)):
        if time.monotonic() > deadline:
            raise LabError(f"{namespace}: planned {sorted(planned)}, listening {[sorted(ports) for ports in seen]}")
        time.sleep(0.02)
