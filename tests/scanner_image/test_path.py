"""The way to each target, as the kernel tells it."""

import asyncio
import json
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from functions.core.engine import Link
from functions.core.errors import ScannerFailed
from functions.core.intervals import IntervalSet
from scanner_image import path
from scanner_image.path import Path, paths

ROUTES = [
    {"dst": "default", "gateway": "10.0.0.1", "dev": "eth0"},
    {"dst": "10.0.0.0/24", "dev": "eth0"},
    {"dst": "10.5.0.0/16", "gateway": "10.0.0.9", "dev": "eth0"},
    {"dst": "127.0.0.0/8", "dev": "lo", "type": "local"},
]


def answer(arguments: tuple[str, ...]) -> list[dict[str, Any]]:
    """A kernel with one Ethernet link, two gateways and a tunnel that has no link layer."""
    if "show" in arguments and "table" in arguments:
        return ROUTES
    if "link" in arguments:
        return [{"link_type": "none" if arguments[-1] == "tun0" else "ether"}]
    number = int(ip_address(arguments[-1]))
    for first, last, route in (
        ("127.0.0.0", "127.255.255.255", {"dev": "lo", "type": "local"}),
        ("10.0.0.0", "10.0.0.255", {"dev": "eth0", "prefsrc": "10.0.0.2"}),
        ("10.5.0.0", "10.5.255.255", {"dev": "eth0", "gateway": "10.0.0.9", "prefsrc": "10.0.0.2"}),
        ("10.8.0.0", "10.8.255.255", {"dev": "tun0", "gateway": "10.9.0.1", "prefsrc": "10.9.0.2"}),
        ("192.0.2.0", "192.0.2.255", None),
    ):
        if int(ip_address(first)) <= number <= int(ip_address(last)):
            if route is None:
                raise ScannerFailed("Network is unreachable")
            return [route]
    return [{"dev": "eth0", "gateway": "10.0.0.1", "prefsrc": "10.0.0.2"}]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[Path, IntervalSet]]:
    async def ip(*arguments: str) -> list[dict[str, Any]]:
        answered: list[dict[str, Any]] = json.loads(json.dumps(answer(arguments)))
        return answered

    monkeypatch.setattr(path, "_ip", ip)
    return lambda *ranges: asyncio.run(paths({4: IntervalSet.from_ranges(map(bounds, ranges))}))


def bounds(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(ip_address(first)), int(ip_address(last or first))


def test_targets_are_split_where_routes_change(kernel: Callable[..., dict[Path, IntervalSet]]) -> None:
    found = kernel("10.0.0.0-10.6.0.0")

    by_gateway = {each.gateway: addresses for each, addresses in found.items()}
    assert by_gateway[""] == IntervalSet.from_ranges([bounds("10.0.0.0-10.0.0.255")])
    assert by_gateway["10.0.0.9"] == IntervalSet.from_ranges([bounds("10.5.0.0-10.5.255.255")])
    assert by_gateway["10.0.0.1"].count == bounds("10.6.0.0")[0] - bounds("10.0.0.0")[0] + 1 - 256 - 65536


@pytest.mark.parametrize(
    ("target", "link"),
    [
        ("198.51.100.1", Link.GATEWAY),
        ("10.5.0.1", Link.GATEWAY),
        ("10.0.0.7", Link.ON_LINK),
        ("127.0.0.1", Link.LOOPBACK),
        ("10.8.0.1", Link.ODD_GATEWAY),
        ("192.0.2.1", Link.NOWHERE),
    ],
)
def test_the_way_to_a_target_is_told_by_the_kernel(
    kernel: Callable[..., dict[Path, IntervalSet]], target: str, link: Link
) -> None:
    (found,) = kernel(target)

    assert found.link == link


def test_ipv6_takes_masscan_once_the_gateways_address_is_known() -> None:
    unknown = Path(6, "eth0", "fd00::1", "fd00::2", ethernet=True)

    assert unknown.link == Link.ODD_GATEWAY
    assert Path(6, "eth0", "fd00::1", "fd00::2", "02:00:00:00:00:01", ethernet=True).link == Link.GATEWAY


@pytest.mark.parametrize(("knocks_needed", "found"), [(0, "02:00:00:00:00:01"), (2, "02:00:00:00:00:01"), (99, "")])
def test_a_router_that_the_kernel_has_not_met_is_knocked_at(
    monkeypatch: pytest.MonkeyPatch, knocks_needed: int, found: str
) -> None:
    knocks: list[tuple[str, str]] = []

    async def ip(*arguments: str) -> list[dict[str, Any]]:
        if "route" in arguments:
            return [] if "show" in arguments else [{"dev": "eth0", "gateway": "fd00::1", "prefsrc": "fd00::2"}]
        if "link" in arguments:
            return [{"link_type": "ether"}]
        return [{"lladdr": "02:00:00:00:00:01"}] if len(knocks) >= knocks_needed else [{"state": ["INCOMPLETE"]}]

    monkeypatch.setattr(path, "_ip", ip)
    monkeypatch.setattr(path, "_ANSWER_S", 0)
    monkeypatch.setattr(path, "_knock", lambda gateway, interface: knocks.append((gateway, interface)))
    (way,) = asyncio.run(paths({6: IntervalSet.from_ranges([bounds("fd77::8-fd77::12")])}))
    assert way.gateway_mac == found
    assert len(knocks) == min(knocks_needed, 10)
    assert set(knocks) <= {("fd00::1", "eth0")}
