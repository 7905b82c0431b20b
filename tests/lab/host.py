"""One host of a lab, and what can befall it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.lab.hosts import KINDS, HostSpec, Port, Proto, Service, ServiceSpec
from tests.lab.namespaces import LabError, ip, nft
from tests.lab.network import Place
from tests.lab.stage_process import StageProcess
from tests.lab.truth import await_listening

_DROPS = """
add table inet drops
add set inet drops ports { type inet_proto . inet_service; }
add chain inet drops early { type filter hook prerouting priority raw; }
flush chain inet drops early
add rule inet drops early meta l4proto . th dport @ports drop
"""


class Host:
    """One host of a lab; made by the lab."""

    def __init__(self, spec: HostSpec, place: Place, *, router: str, stage: StageProcess) -> None:
        self.spec = spec
        self.name = spec.name
        self.namespace = place.namespace
        self.address = place.address
        self.address6 = place.address6
        self.place = place
        self._router = router
        self._stage = stage
        self._running: dict[str, Service] = {}
        self._dropped: set[Port] = set()
        self._here = True

    @property
    def truth(self) -> dict[Port, Service]:
        """What answers from outside at this moment."""
        if not self._here:
            return {}
        answering = self.spec.open_ports(self._running)
        return {port: service for port, service in answering.items() if port not in self._dropped}

    @property
    def running(self) -> frozenset[str]:
        """The services that it runs, by name."""
        return frozenset(self._running)

    def start(self, name: str, *, version: str = "", kind: str = "") -> None:
        """Start a service and wait until it listens; `version` makes a played service tell another version than usual,
        `kind` makes it play another one on its port."""
        self.launch(name, version=version, kind=kind)
        self.check()

    def launch(self, name: str, *, version: str = "", kind: str = "") -> None:
        """Start a service without waiting for it."""
        spec = self._service(name)
        service = KINDS[kind or spec.kind].service
        if version:
            service = replace(service, version=version)
        self._stage.order(
            do="start",
            namespace=self.namespace,
            name=name,
            kind=kind or spec.kind,
            port=spec.port,
            version=service.version or "",
        )
        self._running[name] = service

    def stop(self, name: str) -> None:
        """Stop a service: from now on the kernel refuses its port."""
        self._service(name)
        self._stage.order(do="stop", namespace=self.namespace, name=name)
        self._running.pop(name, None)
        self.check()

    def check(self) -> None:
        """Wait until the kernel agrees that what should be listening is, and nothing else."""
        await_listening(
            self.namespace,
            {port for spec in self.spec.services if spec.name in self._running for port in spec.ports},
        )

    def vanish(self) -> None:
        """Pull the host's cable."""
        ip([f"link set {self.place.router_port} down"], namespace=self._router)
        self._here = False

    def come_back(self) -> None:
        ip([f"link set {self.place.router_port} up"], namespace=self._router)
        self._here = True

    def drop(self, proto: Proto, port: int) -> None:
        """Give no answer on a port from now on."""
        nft(self.namespace, f"{_DROPS}add element inet drops ports {{ {proto} . {port} }}\n")
        self._dropped.add((proto, port))

    def undrop(self, proto: Proto, port: int) -> None:
        nft(self.namespace, f"delete element inet drops ports {{ {proto} . {port} }}\n")
        self._dropped.discard((proto, port))

    @contextmanager
    def deaf_to_the_first(self, size: int, proto: Proto, port: int) -> Iterator[None]:
        """Drop what comes in for a port until `size` bytes have come."""
        nft(
            self.namespace,
            "add table inet deaf\n"
            "add chain inet deaf early { type filter hook input priority filter; }\n"
            f"add rule inet deaf early {proto} dport {port} quota until {size} bytes drop\n",
        )
        try:
            yield
        finally:
            nft(self.namespace, "delete table inet deaf\n")

    def refuse_at_most(self, a_second: int) -> None:
        """Hold back the resets beyond so many a second, as some systems do; `refuse_all` ends it."""
        nft(
            self.namespace,
            "add table inet refusals\n"
            "add chain inet refusals out { type filter hook output priority filter; }\n"
            f"add rule inet refusals out tcp flags & (rst|ack) == rst|ack limit rate over {a_second}/second drop\n",
        )

    def refuse_all(self) -> None:
        nft(self.namespace, "delete table inet refusals\n")

    def _service(self, name: str) -> ServiceSpec:
        for spec in self.spec.services:
            if spec.name == name:
                return spec
        raise LabError(f"{self.name} has no service {name}")
