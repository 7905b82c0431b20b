"""What all captures together say: which packets of workers were in scope, and which were not."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from tests.wire.ground import Ground, Verdict
from tests.wire.packets import Packet, read
from tests.wire.pcap import Frame

_LOOPBACK = 1
"""The first interface of every namespace; libpcap tells of what is sent there as it comes in, once."""


class Side(StrEnum):
    WORKER = "worker"
    ROUTER = "router"
    HOST = "host"


@dataclass(frozen=True)
class Place:
    """A namespace in which every interface was listened to."""

    name: str
    side: Side
    worker_ports: frozenset[int] = frozenset()
    """Of the router: its interfaces that lead to workers."""
    segment: int = 0
    """Of the router: its own interface on the hosts' segment."""


@dataclass(frozen=True)
class Act:
    """Something that was done, and the seconds since the epoch between which it was."""

    name: str
    since: float
    until: float


@dataclass
class Tally:
    ground: Ground
    worker_networks: tuple[IPv4Network, IPv6Network]
    outside: list[str] = field(default_factory=list)
    """Each sighting of a packet out of scope: one may be seen in several places."""
    _seen: dict[Side, list[float]] = field(default_factory=lambda: {side: [] for side in Side})

    def take(self, place: Place, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if place.side is Side.WORKER and not frame.outgoing and frame.interface != _LOOPBACK:
                continue
            packet = read(frame)
            verdict = self._judge(place, frame, packet)
            if verdict is Verdict.OUT_OF_SCOPE:
                self.outside.append(f"{packet.at:.3f} at {place.name}: {packet}")
            elif verdict is Verdict.IN_SCOPE:
                self._seen[place.side].append(packet.at)

    def _judge(self, place: Place, frame: Frame, packet: Packet) -> Verdict:
        """What no worker has sent or caused is infrastructure."""
        if place.side is Side.WORKER or (frame.interface in place.worker_ports and not frame.outgoing):
            return self.ground.judge(packet)
        if self._is_of_worker(packet):
            return self.ground.judge(packet)
        if packet.who_has and frame.outgoing and frame.interface == place.segment:
            return self.ground.judge_neighbour(packet)
        return Verdict.INFRASTRUCTURE

    def _is_of_worker(self, packet: Packet) -> bool:
        """By its source; the router's ends of the workers' links lie in the same networks, and answer their neighbours."""
        if packet.source is None or packet.source in self.ground.infrastructure.gateways:
            return False
        return any(packet.source in each for each in self.worker_networks)

    @property
    def figures(self) -> dict[str, int]:
        """Each packet in scope counts once, where it left."""
        return {"packets_in_scope": len(self._seen[Side.WORKER]), "out_of_scope": len(self.outside)}

    def blind(self, acts: Iterable[Act]) -> list[str]:
        """The acts of which one side saw nothing: what was not seen there proves nothing."""
        times = {side: sorted(seen) for side, seen in self._seen.items()}
        return [
            f"{act.name}: the {side} side saw no packet in scope"
            for act in acts
            for side in Side
            if bisect_left(times[side], act.since) == bisect_right(times[side], act.until)
        ]

    def count(self, act: Act) -> int:
        """Packets in scope that left while it was done."""
        return sum(act.since <= at <= act.until for at in self._seen[Side.WORKER])


def failed(figures: dict[str, int], blind: Iterable[str]) -> bool:
    """A capture that captured nothing shows nothing."""
    return figures["out_of_scope"] > 0 or figures["packets_in_scope"] == 0 or any(blind)
