"""The lab itself: start it, look at its truth, and play with its hosts."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from ipaddress import IPv4Network, IPv6Network
from types import TracebackType
from typing import Self

from tests.lab import network
from tests.lab.capture import Capture, capture
from tests.lab.claim import Claim
from tests.lab.host import Host
from tests.lab.hosts import STANDARD, HostSpec, Port, Proto, Service
from tests.lab.namespaces import LabError, in_namespace, nft
from tests.lab.stage_process import StageProcess

WORKERS = 4


class Lab:
    """Hosts on one segment, workers on others, a router between them, and nothing beyond."""

    def __init__(self, claim: Claim, stage: StageProcess, hosts: Sequence[HostSpec], workers: int) -> None:
        self._claim = claim
        self._stage = stage
        self.lab_id = claim.lab_id
        self.network: IPv4Network = network.NETWORK
        self.network6: IPv6Network = network.NETWORK6
        self.dark: IPv4Network = network.DARK
        self.dark6: IPv6Network = network.DARK6
        self.router_namespace = claim.namespace("router")
        self.workers = [network.worker_place(claim.namespace(f"worker{index}"), index) for index in range(workers)]
        self.hosts = [
            Host(
                spec,
                network.host_place(claim.namespace(f"host-{spec.name}"), index),
                router=self.router_namespace,
                stage=stage,
            )
            for index, spec in enumerate(hosts)
        ]

    @classmethod
    def start(cls, hosts: Sequence[HostSpec] = STANDARD, *, workers: int = WORKERS) -> Self:
        """Build a lab and return when every service listens; raises LabError, and leaves nothing, when one does not."""
        if len(hosts) > network.MOST_HOSTS:
            raise LabError(f"a lab has room for {network.MOST_HOSTS} hosts")
        claim = Claim()
        lab = cls(claim, StageProcess(claim.directory), hosts, workers)
        try:
            lab._build()
        except BaseException:
            lab.close()
            raise
        return lab

    def _build(self) -> None:
        places = [host.place for host in self.hosts]
        network.build(self.router_namespace, places, self.workers)
        for host in self.hosts:
            if host.spec.firewall:
                nft(host.namespace, host.spec.firewall.rules())
            for service in host.spec.services:
                host.launch(service.name)
        for host in self.hosts:
            host.check()
        everyone = [str(address) for place in places for address in (place.address, place.address6)]
        self._stage.order(do="greet", namespace=self.worker_namespaces[0], addresses=everyone)

    @property
    def worker_namespaces(self) -> list[str]:
        """The namespaces in which scanner tasks run, one task in each at a time."""
        return [worker.namespace for worker in self.workers]

    @property
    def namespaces(self) -> list[str]:
        """Every namespace of this lab."""
        return [self.router_namespace, *self.worker_namespaces, *(host.namespace for host in self.hosts)]

    @property
    def truth(self) -> dict[str, dict[Port, Service]]:
        """What answers at this moment, by asset address, IPv4 and IPv6; hosts where nothing is open are left out."""
        found: dict[str, dict[Port, Service]] = {}
        for host in self.hosts:
            if answering := host.truth:
                found[str(host.address)] = answering
                found[str(host.address6)] = answering
        return found

    def host(self, name: str) -> Host:
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"no host {name} in this lab")

    def drop(self, host: str, proto: Proto, port: int) -> None:
        """Let a host give no answer on a port."""
        self.host(host).drop(proto, port)

    def undrop(self, host: str, proto: Proto, port: int) -> None:
        self.host(host).undrop(proto, port)

    def in_worker(self, argv: Sequence[str], *, worker: int = 0) -> list[str]:
        """The argv that runs `argv` where a scanner task would run."""
        return in_namespace(self.worker_namespaces[worker], argv)

    def capture(self) -> AbstractContextManager[Capture]:
        """Record every packet that workers send; the result is filled when the block ends."""
        return capture(
            self.router_namespace,
            [worker.router_port for worker in self.workers],
            self._claim.directory / "capture.pcap",
        )

    def close(self) -> None:
        """Stop every process and remove every namespace of this lab; doing it twice is harmless."""
        self._stage.close()
        self._claim.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
