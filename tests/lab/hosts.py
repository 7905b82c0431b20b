"""What stands in a lab: the hosts, their services, and what a perfect scanner would call them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Proto = Literal["tcp", "udp"]
Port = tuple[Proto, int]

PACKAGES = ("dnsmasq-base", "iproute2", "nftables", "openssh-server", "openssl", "procps", "redis-server", "tcpdump")
"""The Debian packages that a lab needs, besides nmap and masscan that look at it."""


@dataclass(frozen=True)
class Service:
    """A service as nmap names it; `tls` means that it is spoken inside TLS."""

    name: str
    product: str | None = None
    version: str | None = None
    tls: bool = False


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A way to serve; `daemon` kinds are real servers from Debian, the others are played by the stage."""

    service: Service
    protos: tuple[Proto, ...] = ("tcp",)
    daemon: bool = False


KINDS = {
    "http": Kind(service=Service("http", "nginx", "1.22.1")),
    "https": Kind(service=Service("http", "nginx", "1.22.1", tls=True)),
    "ssh": Kind(service=Service("ssh", "OpenSSH", "8.4p1")),
    "ftp": Kind(service=Service("ftp", "vsftpd", "3.0.3")),
    "smtp": Kind(service=Service("smtp", "Postfix smtpd")),
    "pop3": Kind(service=Service("pop3", "Dovecot pop3d")),
    "imap": Kind(service=Service("imap", "Dovecot imapd")),
    "mysql": Kind(service=Service("mysql", "MySQL", "8.0.36")),
    "shy": Kind(service=Service("tcpwrapped")),
    "sshd": Kind(service=Service("ssh", "OpenSSH"), daemon=True),
    "redis": Kind(service=Service("redis", "Redis key-value store"), daemon=True),
    "dnsmasq": Kind(service=Service("domain", "dnsmasq"), protos=("tcp", "udp"), daemon=True),
}


@dataclass(frozen=True)
class ServiceSpec:
    """A service of a host: `name` is what tests call it, `kind` is a key of KINDS."""

    name: str
    kind: str
    port: int

    @property
    def ports(self) -> frozenset[Port]:
        return frozenset((proto, self.port) for proto in KINDS[self.kind].protos)


@dataclass(frozen=True)
class Firewall:
    """What stands before a host.

    `drop` and `reject` let only the given TCP ports pass; `redirect` leads every TCP port to the one given.
    A rejecting host answers a TCP reset below port 1024 and "administratively prohibited" elsewhere.
    """

    action: Literal["drop", "reject", "redirect"]
    ports: tuple[int, ...]

    def rules(self) -> str:
        passing = ", ".join(str(port) for port in self.ports)
        if self.action == "redirect":
            return (
                "add table inet wall\n"
                "add chain inet wall steer { type nat hook prerouting priority dstnat; }\n"
                f"add rule inet wall steer meta l4proto tcp redirect to :{passing}\n"
            )
        refusal = {
            "drop": "",
            "reject": (
                "add rule inet wall guard tcp dport 1-1023 reject with tcp reset\n"
                "add rule inet wall guard reject with icmpx admin-prohibited\n"
            ),
        }[self.action]
        return (
            "add table inet wall\n"
            "add chain inet wall guard { type filter hook input priority filter; policy drop; }\n"
            "add rule inet wall guard iif lo accept\n"
            "add rule inet wall guard icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
            f"add rule inet wall guard tcp dport {{ {passing} }} accept\n"
            f"{refusal}"
        )


@dataclass(frozen=True)
class HostSpec:
    """A host: its services and what stands before them."""

    name: str
    services: tuple[ServiceSpec, ...] = ()
    firewall: Firewall | None = None

    def open_ports(self, running: Mapping[str, Service]) -> dict[Port, Service]:
        """What answers from outside while the services in `running`, by their names in the plan, run."""
        listening = {port: running[spec.name] for spec in self.services if spec.name in running for port in spec.ports}
        if self.firewall is None:
            return listening
        allowed: set[Port] = {("tcp", port) for port in self.firewall.ports}
        passed = {port: service for port, service in listening.items() if port in allowed}
        if self.firewall.action == "redirect":
            return {("tcp", port): service for service in passed.values() for port in range(1, 65536)}
        return passed


STANDARD = (
    HostSpec(
        "web",
        (
            ServiceSpec("http", "http", 80),
            ServiceSpec("http-alt", "http", 8080),
            ServiceSpec("https", "https", 443),
            ServiceSpec("admin", "http", 31337),
        ),
    ),
    HostSpec("ssh", (ServiceSpec("ssh", "sshd", 22), ServiceSpec("ssh-high", "sshd", 50000))),
    HostSpec(
        "database",
        (
            ServiceSpec("redis", "redis", 6379),
            ServiceSpec("mysql", "mysql", 3306),
            ServiceSpec("replica", "mysql", 65535),
        ),
    ),
    HostSpec("dns", (ServiceSpec("dns", "dnsmasq", 53), ServiceSpec("status", "http", 1))),
    HostSpec("silent"),
    HostSpec(
        "dropping",
        (
            ServiceSpec("ssh", "ssh", 22),
            ServiceSpec("https", "https", 8443),
            ServiceSpec("behind", "mysql", 3306),
        ),
        Firewall("drop", (22, 8443)),
    ),
    HostSpec(
        "rejecting",
        (ServiceSpec("http", "http", 8000), ServiceSpec("behind", "mysql", 3306)),
        Firewall("reject", (8000,)),
    ),
    HostSpec("everything", (ServiceSpec("shy", "shy", 7),), Firewall("redirect", (7,))),
    HostSpec(
        "mail",
        (
            ServiceSpec("ftp", "ftp", 21),
            ServiceSpec("smtp", "smtp", 25),
            ServiceSpec("submission", "smtp", 587),
            ServiceSpec("pop3", "pop3", 110),
            ServiceSpec("imap", "imap", 143),
            ServiceSpec("backup", "ftp", 40021),
        ),
    ),
)
"""Nine hosts: one of each sort that a scanner must tell apart."""

_USUAL_PORTS = {"http": 80, "https": 443, "ssh": 22, "ftp": 21, "smtp": 25, "pop3": 110, "imap": 143, "mysql": 3306}


def many(count: int, *, seed: int) -> tuple[HostSpec, ...]:
    """`count` hosts of one to six services each, half of them on unusual ports; every fourth host drops the rest."""
    chance = random.Random(seed)
    return tuple(_one_of_many(chance, index) for index in range(count))


def _one_of_many(chance: random.Random, index: int) -> HostSpec:
    usual = chance.sample(sorted(_USUAL_PORTS), chance.randint(1, 3))
    unusual = chance.sample(range(1024, 65536), chance.randint(0, 3))
    services = [ServiceSpec(kind, kind, _USUAL_PORTS[kind]) for kind in usual]
    services += [
        ServiceSpec(f"extra-{port}", chance.choice(sorted(_USUAL_PORTS)), port)
        for port in unusual
        if port not in _USUAL_PORTS.values()
    ]
    wall = Firewall("drop", tuple(spec.port for spec in services)) if index % 4 == 3 else None
    return HostSpec(f"host{index}", tuple(services), wall)
