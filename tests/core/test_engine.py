"""Who asks which targets: the table that workers and the API read."""

import pytest

from functions.core.engine import (
    KINDS,
    Choice,
    Engine,
    Link,
    Target,
    asks_hosts,
    discovers,
    identifies,
    profiles_told,
    questions,
    rechecks,
)
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.model import Protocol
from functions.core.profile import CONFIRM, PROFILES, Discovery, Profile

STANDARD = PROFILES["standard"]


def of(profile: Profile, kind: str) -> tuple[Engine, Engine]:
    _, target = KINDS[kind]
    return discovers(profile, target).engine, identifies(profile, target).engine


@pytest.mark.parametrize(
    ("kind", "discovery", "identification"),
    [
        ("tcp-ipv4", "masscan", "nmap -sS -sV"),
        ("tcp-ipv6", "masscan", "nmap -sS -sV"),
        ("tcp-few-cells", "masscan", "nmap -sS -sV"),
        ("tcp-odd-gateway", "nmap -sS", "nmap -sS -sV"),
        ("tcp-on-link", "nmap -sS", "nmap -sS -sV"),
        ("tcp-loopback", "nmap -sS", "nmap -sS -sV"),
        ("tcp-without-raw", "nmap -sT", "nmap -sT -sV"),
        ("tcp-without-masscan", "nmap -sS", "nmap -sS -sV"),
        ("udp", "nmap -sU", "nmap -sU -sV"),
        ("udp-without-raw", "none", "none"),
        ("no-route", "none", "none"),
    ],
)
def test_the_standard_profile_takes_masscan_where_it_can_and_nmap_elsewhere(
    kind: str, discovery: str, identification: str
) -> None:
    assert of(STANDARD, kind) == (discovery, identification)


def test_other_profiles_ask_as_they_say() -> None:
    assert of(PROFILES["connect"], "tcp-ipv4") == (Engine.NMAP_CONNECT, Engine.NMAP_CONNECT_SERVICES)
    assert of(PROFILES["connect"], "udp") == (Engine.NMAP_UDP, Engine.NMAP_UDP_SERVICES)
    assert of(PROFILES["discovery"], "tcp-ipv4") == (Engine.MASSCAN, Engine.NONE)
    assert of(CONFIRM, "tcp-ipv4") == (Engine.CONNECT, Engine.NONE)
    assert of(CONFIRM, "udp") == (Engine.NMAP_UDP, Engine.NONE)
    assert of(STANDARD.model_copy(update={"discovery": Discovery.NMAP}), "tcp-ipv4")[0] == Engine.NMAP_SYN


@pytest.mark.parametrize(
    ("kind", "engine"),
    [("tcp-ipv4", Engine.CONNECT), ("udp", Engine.NMAP_UDP), ("udp-without-raw", Engine.NONE)],
)
def test_known_ports_are_asked_again(kind: str, engine: Engine) -> None:
    assert rechecks(STANDARD, KINDS[kind][1]).engine == engine


def test_each_choice_says_why_and_no_kind_is_missing() -> None:
    told = profiles_told()

    assert [profile.name for profile in told] == [*PROFILES, CONFIRM.name]
    assert [profile.name for profile in told if not profile.for_networks] == [CONFIRM.name]
    for profile in told:
        assert [engines.kind for engines in profile.engines] == list(KINDS)
        for engines in profile.engines:
            choices: tuple[Choice, ...] = (engines.discovery, engines.recheck, engines.identification)
            assert all(choice.why for choice in choices)


@pytest.mark.parametrize(
    ("by", "target", "put"),
    [
        ("icmp,tcp,arp", Target(), "icmp,tcp"),
        ("icmp,tcp,arp", Target(link=Link.ON_LINK), "icmp,tcp,arp"),
        ("icmp,tcp,arp", Target(raw=False, link=Link.ON_LINK), "tcp"),
        ("arp", Target(), ""),
        ("icmp", Target(protocol=Protocol.UDP), "icmp"),
    ],
)
def test_hosts_are_asked_what_can_be_asked_there(by: str, target: Target, put: str) -> None:
    profile = STANDARD.model_copy(update={"host_discovery": HostDiscovery.model_validate({"by": by.split(",")})})

    assert ",".join(questions(profile, target)) == put
    assert asks_hosts(profile, target).engine == (Engine.NMAP_HOSTS if put else Engine.NONE)


def test_no_host_is_asked_unless_the_network_says_so_nor_where_it_would_tell_nothing() -> None:
    asking = HostDiscovery(by=(Question.ICMP,))
    assert asks_hosts(STANDARD, Target()).engine == Engine.NONE
    for profile, target in (
        (CONFIRM, Target()),
        (STANDARD, Target(link=Link.LOOPBACK)),
        (STANDARD, Target(link=Link.NOWHERE)),
    ):
        given = profile.model_copy(update={"host_discovery": asking})
        assert asks_hosts(given, target).engine == Engine.NONE


def test_few_cells_are_told_apart_from_many() -> None:
    many, few = (discovers(STANDARD, KINDS[kind][1]) for kind in ("tcp-ipv4", "tcp-few-cells"))

    assert "sample" in many.why
    assert "retries" in few.why
