"""What processes say to each other: chunk specs, result lines, live events; versioned, and frozen by golden files.

Addresses travel as canonical text, address sets as inclusive ranges, port sets in canonical form (`22,80,8000-8010`).
"""

from ipaddress import ip_address
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from functions.core.coverage import Answer, Method
from functions.core.model import Id, Model, Protocol, Time
from functions.core.ports import MAX_PORT, PortSet
from functions.core.profile import Profile
from functions.core.service import Service


def _address(text: str) -> str:
    ip_address(text)
    return text


def _canonical_address(text: str) -> str:
    if "%" in text or str(ip_address(text)) != text:
        raise ValueError("an address in another form than its canonical one")
    return text


def _canonical_ports(text: str) -> str:
    ports = PortSet.from_canonical(text)
    if ports.canonical() != text or (ports and ports.numbers.ranges[-1][1] > MAX_PORT):
        raise ValueError("a port set in another form than its canonical one")
    return text


AddressText = Annotated[str, AfterValidator(_address)]
CanonicalAddress = Annotated[str, AfterValidator(_canonical_address)]
CanonicalPorts = Annotated[str, AfterValidator(_canonical_ports)]


class AddressRange(Model):
    """Both ends included, one IP version, `first` <= `last`; canonical text."""

    first: CanonicalAddress
    last: CanonicalAddress

    @model_validator(mode="after")
    def _has_its_ends_in_order(self) -> Self:
        first, last = ip_address(self.first), ip_address(self.last)
        if first.version != last.version or int(first) > int(last):
            raise ValueError("a range that ends before it starts")
        return self


class PinnedHost(Model):
    """A hostname as the user gave it, with the addresses it had at plan time."""

    name: str
    addresses: tuple[AddressText, ...] = Field(min_length=1)


class KnownExposure(Model):
    """An open cell of the inventory that the worker must probe again by connect. `asset`: an address or a pinned name."""

    asset: str
    protocol: Protocol
    port: int = Field(ge=0, le=65535)


class ChunkSpec(Model):
    """All that one worker needs for one chunk: `(addresses + hosts) x ports` over one protocol, exclusions already removed."""

    version: Literal[1] = 1
    project: Id
    network: Id
    scan: Id
    chunk: str
    """Zero-padded index within the scan, e.g. `00042`: the ledger's sort key."""
    addresses: tuple[AddressRange, ...] = ()
    hosts: tuple[PinnedHost, ...] = ()
    protocol: Protocol
    ports: CanonicalPorts
    exclusions: tuple[AddressRange, ...] = ()
    """What must never be probed, for the worker's own check; disjoint from `addresses`."""
    profile: Profile
    rate: int = Field(ge=1)
    """This chunk's share of the network's cap, packets per second."""
    deadline_s: int = Field(ge=1)
    """Seconds from the claim after which the worker saves what it has and ends."""
    lease_s: int = Field(ge=1)
    """Seconds from the claim after which the attempt may be superseded; more than `deadline_s`."""
    known: tuple[KnownExposure, ...] = ()
    not_after: Time | None = None
    """When the first of the authorities that the scan leans on ends: nothing is sent from then on."""


class ResultHeader(Model):
    kind: Literal["header"] = "header"
    version: Literal[1] = 1
    project: Id
    scan: Id
    chunk: str
    attempt: int = Field(ge=1)
    started: Time
    mode: Literal["raw", "connect"]
    """Whether raw sockets were to be had."""
    tools: dict[str, str]
    """Tool name to version, e.g. `{"masscan": "1.3.2", "nmap": "7.93"}`."""


class HostLine(Model):
    kind: Literal["host"] = "host"
    asset: str
    address: str
    up: bool
    reason: str = Field(default="", max_length=64)
    names: tuple[Annotated[str, Field(max_length=253)], ...] = Field(default=(), max_length=16)
    mac: str = Field(default="", max_length=17)
    vendor: str = Field(default="", max_length=128)
    certificate_names: tuple[Annotated[str, Field(max_length=253)], ...] = Field(default=(), max_length=32)
    """Names that the host's certificates are for."""
    os: str = Field(default="", max_length=256)
    """nmap's best guess; empty where none was asked for or none came."""
    at: Time


class ObservationLine(Model):
    kind: Literal["observation"] = "observation"
    asset: str
    address: str
    protocol: Protocol
    port: int = Field(ge=0, le=65535)
    state: Literal["open", "open|filtered"] = "open"
    how: Method
    service: Service = Service()
    scripts: dict[str, str] = Field(default_factory=dict)
    at: Time


class CoverageLine(Model):
    """A rectangle of cells with one answer: every asset of (`addresses` + `hosts`) x every port of `ports`.

    The rectangles of one result are disjoint and their union is the chunk, less what was excluded between its plan and its
    start: of that nothing is told but the result's reason.
    """

    kind: Literal["coverage"] = "coverage"
    addresses: tuple[AddressRange, ...] = ()
    hosts: tuple[str, ...] = ()
    protocol: Protocol
    ports: CanonicalPorts
    answer: Answer
    how: Method
    at: Time
    """When the last of these cells was probed."""
    reason: str = Field(default="", max_length=256)
    """Why cells are not covered, e.g. `masscan was killed after 30 s without progress`."""


class Command(Model):
    """A tool as it was really run."""

    argv: tuple[str, ...]
    exit_code: int | None
    seconds: float
    complete: bool
    """Whether the tool's own counters say that all that was asked was sent and reported; never the exit code alone."""


class ResultTrailer(Model):
    kind: Literal["trailer"] = "trailer"
    ended: Time
    outcome: Literal["complete", "partial", "stopped"]
    reason: str = Field(default="", max_length=512)
    hosts: int
    observations: int
    coverage: int
    commands: tuple[Command, ...]
    digest: str
    """SHA-256, hex, over the UTF-8 bytes of all lines before this one, newlines included."""


ResultLine = Annotated[
    ResultHeader | HostLine | ObservationLine | CoverageLine | ResultTrailer, Field(discriminator="kind")
]


class Progress(Model):
    """How far a running chunk is; `fraction` 0..1 over the whole chunk."""

    phase: Literal["discovery", "services", "recheck", "saving"]
    fraction: float = Field(ge=0, le=1)
    open_ports: int = Field(ge=0)
    probes: int = Field(default=0, ge=0)
    """Packets that the attempt sent to look for ports: masscan's own count, and one for each cell that another engine asked."""
    bytes_sent: int | None = Field(default=None, ge=0)
    """That the attempt sent, by the counters of its network interfaces, from IP's header on, less its requests to AWS; None where
    the interfaces are not its own."""


EventType = Literal[
    "scan.planned",
    "scan.started",
    "scan.paused",
    "scan.resumed",
    "scan.finished",
    "chunk.started",
    "chunk.progress",
    "chunk.done",
    "chunk.failed",
    "port.found",
    "log",
    "alert.raised",
    "alert.changed",
    "exception.ending",
    "baseline.recorded",
]


class Event(Model):
    """One live event. `topic` is `scan:ID` or `project:ID`; `data` depends on `type` and stays under 16 KiB as JSON."""

    id: Id
    project: Id
    topic: str
    type: EventType
    time: Time
    data: dict[str, Any] = Field(default_factory=dict)
