"""A small estate as it really is: hosts that come and go, and what each of their ports answers."""

from dataclasses import dataclass, field

from functions.core.coverage import Answer
from functions.core.service import Service

SILENT, REFUSING = Answer.NO_ANSWER, Answer.REFUSED


@dataclass
class WorldHost:
    """What is not in `services` or `silent` refuses, while the host is `up`."""

    name: str
    address: str
    up: bool = True
    services: dict[int, Service] = field(default_factory=dict)
    silent: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    """Ports that are open and do not answer at the moment."""
    answers_everything: bool = False

    def answer(self, port: int) -> Answer:
        if not self.up:
            return Answer.HOST_DOWN
        if port in self.hidden:
            return SILENT
        if port in self.services or self.answers_everything:
            return Answer.OPEN
        return SILENT if port in self.silent else REFUSING

    def service(self, port: int) -> Service:
        return self.services.get(port, Service(name="tcpwrapped", confidence=3))


@dataclass
class World:
    """Every change of an open port counts as real: the figures tell how many there were."""

    hosts: dict[str, WorldHost] = field(default_factory=dict)
    real_changes: int = 0

    def at(self, address: str) -> WorldHost | None:
        return next((host for host in self.hosts.values() if host.address == address), None)

    def name_of(self, address: str) -> str:
        host = self.at(address)
        return host.name if host else address

    def stands(self, host: str, address: str, services: dict[int, Service], *, up: bool) -> None:
        """A host as the story begins: no change."""
        self.hosts[host] = WorldHost(host, address, up=up, services=services)

    def opens(self, host: str, port: int, service: Service) -> None:
        self.hosts[host].silent.discard(port)
        self.hosts[host].services[port] = service
        self.real_changes += 1

    def closes(self, host: str, port: int) -> None:
        self.hosts[host].services.pop(port)
        self.real_changes += 1

    def falls_silent(self, host: str, port: int) -> None:
        """A filter before the port: nothing answers, though the service runs on."""
        self.closes(host, port)
        self.hosts[host].silent.add(port)

    def vanishes(self, host: str) -> None:
        self.hosts[host].up = False
        self.real_changes += len(self.hosts[host].services)

    def returns(self, host: str) -> None:
        self.hosts[host].up = True
        self.real_changes += len(self.hosts[host].services)


def service(name: str, product: str = "", version: str = "", *, tunnel: str = "") -> Service:
    """As nmap tells a service that answered its probe."""
    return Service(name=name, product=product, version=version, tunnel=tunnel, confidence=10)
