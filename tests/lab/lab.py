"""The lab itself: start it, look at its truth, and play with its hosts."""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab import network
from tests.lab.capture import Capture, capture
from tests.lab.claim import Claim
from tests.lab.hosts import KINDS, STANDARD, HostSpec, Port, Proto, Service, ServiceSpec
from tests.lab.namespaces import LabError, in_namespace, ip, nft
from tests.lab.network import Place
from tests.lab.truth import await_listening

WORKERS = 4
_REPOSITORY = Path(__file__).parents[2]
_STAGE_PATIENCE_S = 10.0
_DROPS = """
add table inet drops
add set inet drops ports { type inet_proto . inet_service; }
add chain inet drops early { type filter hook prerouting priority raw; }
flush chain inet drops early
add rule inet drops early meta l4proto . th dport @ports drop
"""


class Host:
    """One host of a lab; made by the lab."""

    def __init__(self, spec: HostSpec, place: Place, *, router: str, stage: "StageProcess") -> None:
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

    def start(self, name: str, *, version: str = "") -> None:
        """Start a service and wait until it listens; `version` makes a played service tell another version than usual."""
        spec = self._service(name)
        service = KINDS[spec.kind].service
        if version:
            service = replace(service, version=version)
        self._stage.order(
            do="start",
            namespace=self.namespace,
            name=name,
            kind=spec.kind,
            port=spec.port,
            version=service.version or "",
        )
        self._running[name] = service
        self.check()

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

    def _service(self, name: str) -> ServiceSpec:
        for spec in self.spec.services:
            if spec.name == name:
                return spec
        raise LabError(f"{self.name} has no service {name}")


class StageProcess:
    """The process that plays the services, as seen by the lab."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.stage", str(directory)],
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **what: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise LabError("the stage has died")
        if error := json.loads(answer)["error"]:
            raise LabError(f"stage: {error}")

    def close(self) -> None:
        try:
            self._process.communicate(timeout=_STAGE_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


class Lab:
    """Hosts on one segment, workers on others, a router between them, and nothing beyond."""

    def __init__(self, claim: Claim, stage: StageProcess, hosts: Sequence[HostSpec]) -> None:
        self._claim = claim
        self._stage = stage
        self.lab_id = claim.lab_id
        self.network: IPv4Network = network.NETWORK
        self.network6: IPv6Network = network.NETWORK6
        self.dark: IPv4Network = network.DARK
        self.dark6: IPv6Network = network.DARK6
        self.router_namespace = claim.namespace("router")
        self.workers = [network.worker_place(claim.namespace(f"worker{index}"), index) for index in range(WORKERS)]
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
    def start(cls, hosts: Sequence[HostSpec] = STANDARD) -> Self:
        """Build a lab and return when every service listens; raises LabError, and leaves nothing, when one does not."""
        if len(hosts) > network.MOST_HOSTS:
            raise LabError(f"a lab has room for {network.MOST_HOSTS} hosts")
        claim = Claim()
        lab = cls(claim, StageProcess(claim.directory), hosts)
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
                host.start(service.name)
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
