"""Who asks which targets: the table that workers and the API read."""

import pytest

from functions.core.engine import KINDS, Choice, Engine, discovers, identifies, profiles_told, rechecks
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


def test_known_tcp_ports_are_asked_again_by_a_connection() -> None:
    assert rechecks(STANDARD, KINDS["tcp-ipv4"][1]).engine == Engine.CONNECT
    assert rechecks(STANDARD, KINDS["udp"][1]).engine == Engine.NONE


def test_each_choice_says_why_and_no_kind_is_missing() -> None:
    told = profiles_told()

    assert [profile.name for profile in told] == [*PROFILES, CONFIRM.name]
    assert [profile.name for profile in told if not profile.for_networks] == [CONFIRM.name]
    for profile in told:
        assert [engines.kind for engines in profile.engines] == list(KINDS)
        for engines in profile.engines:
            choices: tuple[Choice, ...] = (engines.discovery, engines.recheck, engines.identification)
            assert all(choice.why for choice in choices)


def test_few_cells_are_told_apart_from_many() -> None:
    many, few = (discovers(STANDARD, KINDS[kind][1]) for kind in ("tcp-ipv4", "tcp-few-cells"))

    assert "sample" in many.why
    assert "retries" in few.why
