"""Which engine asks which targets, and why: one table that workers choose by and that the API tells."""

from collections.abc import Callable
from enum import StrEnum

from functions.core.addresses import Version
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.model import Model, Protocol
from functions.core.profile import CONFIRM, PROFILES, Discovery, Profile

FEWEST_SAMPLED = 48_000
"""Cells of a path: a sample of fewer would show too little of it."""


class Engine(StrEnum):
    MASSCAN = "masscan"
    NMAP_SYN = "nmap -sS"
    NMAP_CONNECT = "nmap -sT"
    NMAP_UDP = "nmap -sU"
    NMAP_SYN_SERVICES = "nmap -sS -sV"
    NMAP_CONNECT_SERVICES = "nmap -sT -sV"
    NMAP_UDP_SERVICES = "nmap -sU -sV"
    NMAP_HOSTS = "nmap -sn"
    CONNECT = "connect"
    """An ordinary connection of the worker's own."""
    NONE = "none"


class Link(StrEnum):
    """How packets leave for a target, by the kernel's own routes."""

    GATEWAY = "gateway"
    """Ethernet, to a gateway that masscan can be pointed at."""
    ODD_GATEWAY = "odd_gateway"
    """A gateway whose Ethernet address is not known, or that is not on Ethernet."""
    ON_LINK = "on_link"
    LOOPBACK = "loopback"
    NOWHERE = "nowhere"


class Target(Model):
    """All that the choice depends on, beside the profile."""

    protocol: Protocol = Protocol.TCP
    version: Version = 4
    link: Link = Link.GATEWAY
    cells: int = FEWEST_SAMPLED
    raw: bool = True
    """Whether raw sockets are to be had."""
    masscan: bool = True
    """Whether it is installed."""


class Choice(Model):
    engine: Engine
    why: str


_NO_UDP = "UDP needs raw sockets, which are not to be had here"

_Row = tuple[Callable[[Profile, Target], bool], Engine, str]

_DISCOVERY: tuple[_Row, ...] = (
    (
        lambda _, target: target.protocol == Protocol.UDP and not target.raw,
        Engine.NONE,
        _NO_UDP,
    ),
    (
        lambda _, target: target.link == Link.NOWHERE,
        Engine.NONE,
        "there is no route to these addresses from here",
    ),
    (
        lambda _, target: target.protocol == Protocol.UDP,
        Engine.NMAP_UDP,
        "it sends what each port's service would answer, and tells closed and filtered ports from silent ones",
    ),
    (
        lambda profile, _: profile.discovery == Discovery.PROBE,
        Engine.CONNECT,
        "few cells are asked again, and each comes to an answer of its own",
    ),
    (
        lambda profile, _: profile.discovery == Discovery.CONNECT,
        Engine.NMAP_CONNECT,
        "the profile asks for whole connections",
    ),
    (
        lambda _, target: not target.raw,
        Engine.NMAP_CONNECT,
        "without raw sockets only whole connections can be made",
    ),
    (
        lambda profile, _: profile.discovery == Discovery.NMAP,
        Engine.NMAP_SYN,
        "the profile asks for nmap",
    ),
    (
        lambda _, target: target.link == Link.LOOPBACK,
        Engine.NMAP_SYN,
        "masscan writes Ethernet frames, and loopback has none",
    ),
    (
        lambda _, target: target.link == Link.ON_LINK,
        Engine.NMAP_SYN,
        "masscan sends to a gateway and asks no host of its own segment for its Ethernet address",
    ),
    (
        lambda _, target: target.link == Link.ODD_GATEWAY,
        Engine.NMAP_SYN,
        "masscan must be told the gateway's Ethernet address, and there is none to tell",
    ),
    (
        lambda _, target: not target.masscan,
        Engine.NMAP_SYN,
        "masscan is not installed",
    ),
    (
        lambda _, target: not is_sampled(target.cells),
        Engine.MASSCAN,
        f"it asks fastest; of fewer than {FEWEST_SAMPLED:,} cells a sample shows too little, so each is asked as often "
        "as the profile's retries say",
    ),
    (
        lambda _profile, _target: True,
        Engine.MASSCAN,
        "it asks fastest; a sample that is asked again decides how fast, and how often each cell",
    ),
)
"""The first that fits decides."""

_IDENTIFICATION: tuple[_Row, ...] = (
    (
        lambda profile, _: not profile.service_detection,
        Engine.NONE,
        "the profile does not ask what speaks",
    ),
    (
        lambda profile, target: discovers(profile, target).engine == Engine.NONE,
        Engine.NONE,
        "nothing can be found open",
    ),
    (
        lambda _, target: target.protocol == Protocol.UDP,
        Engine.NMAP_UDP_SERVICES,
        "nmap knows services by what they answer",
    ),
    (
        lambda profile, _: profile.discovery == Discovery.CONNECT,
        Engine.NMAP_CONNECT_SERVICES,
        "nmap knows services by what they answer; the profile asks for whole connections",
    ),
    (
        lambda _, target: not target.raw,
        Engine.NMAP_CONNECT_SERVICES,
        "nmap knows services by what they answer; without raw sockets it connects to see whether a port is still open",
    ),
    (
        lambda _profile, _target: True,
        Engine.NMAP_SYN_SERVICES,
        "nmap knows services by what they answer; masscan's own banners race the kernel's resets",
    ),
)

_RECHECK: tuple[_Row, ...] = (
    (
        lambda _, target: target.protocol == Protocol.UDP and not target.raw,
        Engine.NONE,
        _NO_UDP,
    ),
    (
        lambda _, target: target.protocol == Protocol.UDP,
        Engine.NMAP_UDP,
        "an answer that got lost looks like silence: a run for these ports alone decides",
    ),
    (
        lambda _profile, _target: True,
        Engine.CONNECT,
        "silence in discovery is no verdict on a port that was open: one more connection decides",
    ),
)


_HOSTS: tuple[_Row, ...] = (
    (
        lambda profile, _: not profile.host_discovery.by,
        Engine.NONE,
        "the network does not ask for it: each cell is asked, whoever answers",
    ),
    (
        lambda profile, target: discovers(profile, target).engine in {Engine.NONE, Engine.CONNECT},
        Engine.NONE,
        "no cell is asked, or few are and each for itself",
    ),
    (
        lambda _, target: target.link == Link.LOOPBACK,
        Engine.NONE,
        "the worker's own addresses are there",
    ),
    (
        lambda profile, target: not questions(profile, target),
        Engine.NONE,
        "none of the network's questions can be put there: each cell is asked",
    ),
    (
        lambda _profile, _target: True,
        Engine.NMAP_HOSTS,
        "the network asks for it: the ports of hosts that answer nothing are not asked",
    ),
)


def is_sampled(cells: int) -> bool:
    return cells >= FEWEST_SAMPLED


def questions(profile: Profile, target: Target) -> tuple[Question, ...]:
    """Those of host discovery that can be put to the target: ARP on the own segment, and all but TCP with raw sockets alone."""
    able = {
        Question.ICMP: target.raw,
        Question.TCP: True,
        Question.ARP: target.raw and target.link == Link.ON_LINK,
    }
    return tuple(each for each in profile.host_discovery.by if able[each])


def asks_hosts(profile: Profile, target: Target) -> Choice:
    """Who says which hosts are there, before their ports are asked."""
    return _first(_HOSTS, profile, target)


def discovers(profile: Profile, target: Target) -> Choice:
    """Who says which cells are open."""
    return _first(_DISCOVERY, profile, target)


def identifies(profile: Profile, target: Target) -> Choice:
    """Who says what speaks at an open cell."""
    return _first(_IDENTIFICATION, profile, target)


def rechecks(profile: Profile, target: Target) -> Choice:
    """Who asks the inventory's open cells again that discovery did not find open."""
    return _first(_RECHECK, profile, target)


def _first(table: tuple[_Row, ...], profile: Profile, target: Target) -> Choice:
    return next(Choice(engine=engine, why=why) for fits, engine, why in table if fits(profile, target))


KINDS: dict[str, tuple[str, Target]] = {
    "tcp-ipv4": ("TCP over IPv4, through a gateway", Target()),
    "tcp-ipv6": ("TCP over IPv6, through a gateway", Target(version=6)),
    "tcp-few-cells": (f"TCP, fewer than {FEWEST_SAMPLED:,} cells of a chunk, or one", Target(cells=1)),
    "tcp-odd-gateway": (
        "TCP through a gateway that is not on Ethernet, or over IPv6 does not tell its address",
        Target(version=6, link=Link.ODD_GATEWAY),
    ),
    "tcp-on-link": ("TCP to hosts of the worker's own segment", Target(link=Link.ON_LINK)),
    "tcp-loopback": ("TCP to the worker's own addresses", Target(link=Link.LOOPBACK)),
    "tcp-without-raw": ("TCP where raw sockets are not to be had", Target(raw=False)),
    "tcp-without-masscan": ("TCP where masscan is not installed", Target(masscan=False)),
    "udp": ("UDP, over IPv4 and IPv6, by whatever way", Target(protocol=Protocol.UDP)),
    "udp-without-raw": ("UDP where raw sockets are not to be had", Target(protocol=Protocol.UDP, raw=False)),
    "no-route": ("no route leads there", Target(link=Link.NOWHERE)),
}
"""Targets that are told apart, with one of each."""


_EVERY_QUESTION = HostDiscovery(by=tuple(Question))


class Engines(Model):
    """Who asks targets of one kind."""

    kind: str
    targets: str
    host_discovery: Choice
    """Where the network asks for it."""
    discovery: Choice
    recheck: Choice
    identification: Choice


class ProfileEngines(Model):
    name: str
    for_networks: bool
    """Whether a network may have it; the other one is of second looks."""
    settings: Profile
    engines: tuple[Engines, ...]


def profiles_told() -> tuple[ProfileEngines, ...]:
    """Each profile, with who asks what under it."""
    return tuple(
        ProfileEngines(
            name=profile.name,
            for_networks=profile.name in PROFILES,
            settings=profile,
            engines=tuple(
                Engines(
                    kind=kind,
                    targets=says,
                    host_discovery=asks_hosts(profile.model_copy(update={"host_discovery": _EVERY_QUESTION}), target),
                    discovery=discovers(profile, target),
                    recheck=rechecks(profile, target),
                    identification=identifies(profile, target),
                )
                for kind, (says, target) in KINDS.items()
            ),
        )
        for profile in (*PROFILES.values(), CONFIRM)
    )
