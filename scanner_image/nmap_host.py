"""What nmap tells of one host."""

from dataclasses import dataclass, field

from functions.core.intervals import IntervalSet
from functions.core.service import UNKNOWN, Service


@dataclass(slots=True)
class NmapPort:
    protocol: str
    port: int
    state: str = ""
    reason: str = ""
    service: Service = UNKNOWN
    scripts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class NmapRest:
    """Ports that nmap tells of only together."""

    state: str
    reason: str
    ports: IntervalSet


@dataclass(slots=True)
class NmapHost:
    up: bool = False
    reason: str = ""
    timed_out: bool = False
    address: str = ""
    mac: str = ""
    vendor: str = ""
    os: str = ""
    names: list[str] = field(default_factory=list)
    ports: list[NmapPort] = field(default_factory=list)
    rest: list[NmapRest] = field(default_factory=list)
