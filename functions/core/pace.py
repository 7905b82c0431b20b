"""How long the parts of a chunk take, and what they ask of AWS: measured, and the one place to change when they are cut."""

from dataclasses import dataclass
from math import ceil

from functions.core.layout import HOST_PACE
from functions.core.model import Protocol

PACKET_BYTES = 44
"""Of a SYN with its option, headers of IP included: what AWS charges as data out."""
SERVICE_BYTES = 8_000
"""That `nmap -sV` sends to a port."""
MOST_PPS = 60_000
"""That one task gets onto the wire, whatever its rate allows."""
DISCOVERY_TAIL_S = 5.0
"""That the tool waits for late answers, and its own start."""
SERVICES_S = 26.0
"""A round of `nmap -sV`: the slowest probe of the slowest service, whatever the others are."""
HOSTS_A_ROUND = 96
PORT_S = 0.12
"""More for each open port: probes that nmap tries one after the other."""
STEPS_S = 3.0
"""Of a chunk in the workflow, before and after its task."""
SCAN_S = 6.0
"""Of a scan: planning, and the end."""
LAMBDA_GB, INGEST_GB = 0.5, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one chunk has to do; hosts and ports are what is expected to be there."""

    protocol: Protocol
    addresses: float
    ports: float
    probes: float
    rate: int
    hosts: float
    open_ports: float
    services: bool


def discovery_seconds(work: Work) -> float:
    return max(work.probes / min(work.rate, MOST_PPS), work.ports / HOST_PACE[work.protocol]) + DISCOVERY_TAIL_S


def service_seconds(work: Work) -> float:
    """Nothing where nothing is open."""
    if not work.services or work.open_ports < 0.5:
        return 0.0
    return SERVICES_S * ceil(work.hosts / HOSTS_A_ROUND) + PORT_S * work.open_ports


def scan_seconds(work: Work) -> float:
    """Of a worker, from its claim to its save."""
    return discovery_seconds(work) + service_seconds(work)
