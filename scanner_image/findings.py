"""What an attempt has found so far, and the lines that say so in its result."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from functions.core.addresses import Address
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, Command, CoverageLine, HostLine, ObservationLine
from functions.core.model import Protocol
from functions.core.service import UNKNOWN, Service
from scanner_image import certificates
from scanner_image.assets import Assets
from scanner_image.cells import Cells, Verdict
from scanner_image.nmap_host import NmapHost

Clock = Callable[[], datetime]
Announce = Callable[[str, Address, int], None]
"""Told of each open port once per asset: asset, address, port."""


@dataclass(slots=True)
class OpenPort:
    how: Method
    at: datetime
    service: Service = UNKNOWN
    scripts: dict[str, str] = field(default_factory=dict)

    def line(self, asset: str, address: str, protocol: Protocol, port: int) -> ObservationLine:
        return ObservationLine(
            asset=asset,
            address=address,
            protocol=protocol,
            port=port,
            how=self.how,
            service=self.service,
            scripts=self.scripts,
            at=self.at,
        )


@dataclass(slots=True)
class SeenHost:
    at: datetime
    up: bool
    reason: str
    names: tuple[str, ...] = ()
    mac: str = ""
    vendor: str = ""

    def line(self, asset: str, address: str, ports: Iterable[OpenPort], os: str) -> HostLine:
        """`ports`: what is open on it, for the names in their certificates."""
        return HostLine(
            asset=asset,
            address=address,
            up=self.up,
            reason="open-port" if self.reason in _SAYS_NOTHING else self.reason,
            names=self.names,
            mac=self.mac,
            vendor=self.vendor,
            certificate_names=certificate_names(ports),
            os=os,
            at=self.at,
        )


class Findings:
    def __init__(self, spec: ChunkSpec, *, clock: Clock, announce: Announce) -> None:
        self.spec = spec
        self.clock = clock
        self.cells = Cells(spec, at=clock())
        self.open: dict[Address, dict[int, OpenPort]] = {}
        self.hosts: dict[Address, SeenHost] = {}
        self.systems: dict[Address, str] = {}
        """What each host runs, where somebody guessed."""
        self.commands: list[Command] = []
        self.notes: list[str] = []
        """Why something is missing, for the result's reason."""
        self._announce = announce
        self.assets = Assets(spec)

    @property
    def open_ports(self) -> int:
        return sum(len(ports) for ports in self.open.values())

    def opened(self, address: Address, port: int, how: Method) -> None:
        """An open answer; one from outside the chunk is not ours to tell."""
        assets = self.assets.of(address)
        if not assets or port not in self.cells.ports:
            return
        at, ports = self.clock(), self.open.setdefault(address, {})
        if port not in ports:
            ports[port] = OpenPort(how, at)
            self.cells.mark_one(address, port, Verdict(Answer.OPEN, how), at=at)
            for asset in assets:
                self._announce(asset, address, port)

    def recalled(self, address: Address, port: int, found: OpenPort) -> None:
        """What an earlier attempt found open, at its own time."""
        self.open.setdefault(address, {})[port] = found
        self.cells.mark_one(address, port, Verdict(Answer.OPEN, found.how), at=found.at)
        for asset in self.assets.of(address):
            self._announce(asset, address, port)

    def identified(self, address: Address, port: int, service: Service, scripts: dict[str, str]) -> None:
        if found := self.open.get(address, {}).get(port):
            found.service, found.scripts = service, scripts

    def closed(self, address: Address, port: int, verdict: Verdict) -> None:
        """Another tool's later answer takes the place of an open one."""
        self.open.get(address, {}).pop(port, None)
        self.cells.mark(address, _one(port), verdict, at=self.clock())

    def seen(self, address: Address, host: NmapHost) -> None:
        """The first account of a host stays, unless it was down then; what only a later one knows is added."""
        known = self.hosts.get(address, SeenHost(self.clock(), host.up, host.reason))
        self.hosts[address] = SeenHost(
            known.at,
            known.up or host.up,
            known.reason if known.up or not host.up else host.reason,
            known.names or tuple(host.names),
            known.mac or host.mac,
            known.vendor or host.vendor,
        )

    def not_asked(self, address: Address) -> None:
        """That it was called down says nothing."""
        if address in self.hosts and not self.hosts[address].up:
            del self.hosts[address]

    def host_lines(self) -> Iterator[HostLine]:
        """Hosts that answered, and hosts that were found down."""
        for address in dict.fromkeys((*self.hosts, *self.open)):
            seen = self.hosts.get(address)
            if not self.open.get(address) and (seen is None or seen.reason in _SAYS_NOTHING):
                continue
            if seen is None or (self.open.get(address) and not seen.up):
                seen = SeenHost(seen.at if seen else self.clock(), up=True, reason="open-port")
            for asset in self.assets.of(address):
                ports = self.open.get(address, {}).values()
                yield seen.line(asset, str(address), ports, self.systems.get(address, ""))

    def observation_lines(self) -> Iterator[ObservationLine]:
        for address, ports in self.open.items():
            for asset in self.assets.of(address):
                for port, found in sorted(ports.items()):
                    yield found.line(asset, str(address), self.spec.protocol, port)

    def coverage_lines(self) -> Iterator[CoverageLine]:
        return self.cells.lines()


_SAYS_NOTHING = frozenset({"user-set", ""})
"""nmap's reasons for calling a host up that it was only told to take as up."""


def certificate_names(ports: Iterable[OpenPort]) -> tuple[str, ...]:
    shown = [tls for port in ports if (tls := port.service.tls)]
    return tuple(sorted(certificates.hostnames(shown))[: certificates.MOST_NAMES]) if shown else ()


def _one(port: int) -> IntervalSet:
    return IntervalSet(((port, port),))
