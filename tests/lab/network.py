"""The wires of a lab: a router between one segment of hosts and one point-to-point link for each worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from tests.lab.namespaces import ip, nft, sysctl

NETWORK = IPv4Network("10.77.0.0/24")
NETWORK6 = IPv6Network("fd77::/64")
WORKER_NETWORK = IPv4Network("10.78.0.0/24")
WORKER_NETWORK6 = IPv6Network("fd78::/48")
DARK = IPv4Network("10.77.0.240/28")
DARK6 = IPv6Network("fd77::f0/124")
FIRST_HOST = 10
MOST_HOSTS = 230

_AT_ONCE = [
    f"net.ipv6.conf.{scope}.{setting}=0"
    for scope in ("all", "default")
    for setting in ("accept_dad", "accept_ra", "router_solicitations")
]
# A VPC says nothing about an address that nobody has; nor does this router, while it passes on what hosts say.
_ROUTER_RULES = """
add table inet router
add chain inet router own { type filter hook output priority filter; }
add rule inet router own icmp type destination-unreachable drop
add rule inet router own icmpv6 type destination-unreachable drop
"""


@dataclass(frozen=True)
class Place:
    """Where a host or a worker stands: its namespace, its addresses, and the router's port that leads to it."""

    namespace: str
    address: IPv4Address
    address6: IPv6Address
    router_port: str


def host_place(namespace: str, index: int) -> Place:
    offset = FIRST_HOST + index
    return Place(namespace, NETWORK[offset], NETWORK6[offset], f"host{index}")


def worker_place(namespace: str, index: int) -> Place:
    link, link6 = _worker_link(index)
    return Place(namespace, link[2], link6[2], f"worker{index}")


def build(router: str, hosts: Sequence[Place], workers: Sequence[Place]) -> None:
    """Make every namespace and wire; no link or route leads to the machine's own network at any moment."""
    places = [*hosts, *workers]
    ip([f"netns add {name}" for name in (router, *(place.namespace for place in places))])
    sysctl(router, *_AT_ONCE, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    for place in places:
        sysctl(place.namespace, *_AT_ONCE)
    ip(_router_wires(hosts, workers), namespace=router)
    nft(router, _ROUTER_RULES)
    for place in hosts:
        ip(_end(place, NETWORK, NETWORK6), namespace=place.namespace)
    for index, place in enumerate(workers):
        ip(_end(place, *_worker_link(index)), namespace=place.namespace)


def _worker_link(index: int) -> tuple[IPv4Network, IPv6Network]:
    base = int(WORKER_NETWORK.network_address) + 4 * index
    base6 = int(WORKER_NETWORK6.network_address) + (index << 64)
    return IPv4Network((base, 30)), IPv6Network((base6, 64))


def _router_wires(hosts: Sequence[Place], workers: Sequence[Place]) -> list[str]:
    lines = ["link set lo up", "link add hosts type bridge forward_delay 0 stp_state 0 mcast_snooping 0"]
    lines += [
        f"link add {place.router_port} type veth peer name eth0 netns {place.namespace}" for place in (*hosts, *workers)
    ]
    lines += [f"link set {place.router_port} master hosts up" for place in hosts]
    lines += ["link set hosts up", *_addresses("hosts", NETWORK, NETWORK6)]
    for index, place in enumerate(workers):
        lines += [f"link set {place.router_port} up", *_addresses(place.router_port, *_worker_link(index))]
    return lines


def _addresses(port: str, network: IPv4Network, network6: IPv6Network) -> list[str]:
    return [
        f"addr add {network[1]}/{network.prefixlen} dev {port}",
        f"addr add {network6[1]}/{network6.prefixlen} dev {port} nodad",
    ]


def _end(place: Place, network: IPv4Network, network6: IPv6Network) -> list[str]:
    return [
        "link set lo up",
        f"addr add {place.address}/{network.prefixlen} dev eth0",
        f"addr add {place.address6}/{network6.prefixlen} dev eth0 nodad",
        "link set eth0 up",
        f"route add default via {network[1]}",
        f"route add default via {network6[1]}",
    ]
