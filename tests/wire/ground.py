"""What may be sent, to whom and when: targets less exclusions under an authority, and the lab's own stations."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from tests.wire.packets import DNS, ICMPV6, UDP, Address, Packet, reverse_name

LOOPBACK = ip_address("127.0.0.1")
"""Where the platform's own doors are, on this machine's stand-in for a task's network."""
GROUPS = frozenset({ip_address("ff02::16"), ip_address("224.0.0.22")})
"""To whom a kernel reports its own multicast groups; never passes a router."""


class Verdict(StrEnum):
    IN_SCOPE = "in scope"
    INFRASTRUCTURE = "infrastructure"
    OUT_OF_SCOPE = "out of scope"


@dataclass(frozen=True)
class Leave:
    """Addresses that may be sent to for a time, in seconds since the epoch."""

    addresses: frozenset[Address]
    since: float = 0.0
    until: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Infrastructure:
    gateways: frozenset[Address]
    """The router's ends of the workers' links."""
    resolver: Address
    """Who is asked for the names of hosts, by UDP, and only for those of hosts that may be scanned."""
    workers: frozenset[Address]


@dataclass(frozen=True)
class Ground:
    infrastructure: Infrastructure
    leaves: tuple[Leave, ...]

    def judge(self, packet: Packet) -> Verdict:
        """Of a packet that a worker sent."""
        if packet.destination is None:
            return Verdict.OUT_OF_SCOPE
        if packet.destination == self.infrastructure.resolver:
            return self._judge_query(packet)
        if self._may(packet.destination, packet.at):
            return Verdict.IN_SCOPE
        return Verdict.INFRASTRUCTURE if self._is_own(packet, packet.destination) else Verdict.OUT_OF_SCOPE

    def judge_neighbour(self, packet: Packet) -> Verdict:
        """Of the router's question who has an address on the hosts' segment: somebody has sent something there.

        It asks once more some seconds after the last packet, so that the time does not count.
        """
        asked = packet.destination
        if asked is not None and any(asked in leave.addresses for leave in self.leaves):
            return Verdict.IN_SCOPE
        known = asked is not None and (asked == self.infrastructure.resolver or _is_on_link(asked))
        return Verdict.INFRASTRUCTURE if known else Verdict.OUT_OF_SCOPE

    def _may(self, address: Address, at: float) -> bool:
        return any(address in leave.addresses and leave.since <= at <= leave.until for leave in self.leaves)

    def _judge_query(self, packet: Packet) -> Verdict:
        allowed = packet.proto == UDP and packet.port == DNS and packet.questions
        asked_for = self._reverse_names(packet.at)
        if allowed and all(question.lower() in asked_for for question in packet.questions):
            return Verdict.INFRASTRUCTURE
        return Verdict.OUT_OF_SCOPE

    def _reverse_names(self, at: float) -> frozenset[str]:
        return frozenset(_names_of(leave.addresses for leave in self.leaves if leave.since <= at <= leave.until))

    def _is_own(self, packet: Packet, destination: Address) -> bool:
        """Talk with itself, with the router, and between neighbours on the link."""
        stations = self.infrastructure
        if packet.source == destination and destination in {LOOPBACK, *stations.workers}:
            return True
        if destination in stations.gateways | GROUPS or (packet.who_has and destination in stations.workers):
            return True
        return packet.proto == ICMPV6 and _is_on_link(destination)


def _is_on_link(address: Address) -> bool:
    """Neighbours of IPv6 talk so; what looks alike in IPv4 is where clouds keep metadata."""
    return address.version == 6 and address.is_link_local


def _names_of(groups: Iterable[frozenset[Address]]) -> Iterable[str]:
    return (reverse_name(address) for group in groups for address in group)
