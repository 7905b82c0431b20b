"""Hostnames and the addresses they had at plan time: what of them may be scanned, and what they exclude."""

import ipaddress
from collections.abc import Iterable

from functions.core.addresses import Version, denied_reason
from functions.core.errors import OutOfScope
from functions.core.intervals import IntervalSet
from functions.core.messages import PinnedHost
from functions.core.model import Model
from functions.core.targets import TargetSet


class LeftOut(Model):
    """A hostname, or one of its addresses, that the plan does not scan."""

    asset: str
    reason: str


def with_addresses(exclusions: TargetSet, pins: Iterable[PinnedHost]) -> TargetSet:
    """`exclusions` and the addresses of its hostnames; one that has none might be any address, so the plan is refused."""
    addresses = {host.name: host.addresses for host in pins}
    for name in exclusions.hostnames:
        if name not in addresses:
            raise OutOfScope(
                "exclusions", f"{name} has no address to leave out: exclude its addresses, or take it away"
            )
    named = [address for name in exclusions.hostnames for address in addresses[name]]
    return TargetSet(
        v4=exclusions.v4 | _numbers(named, 4), v6=exclusions.v6 | _numbers(named, 6), hostnames=exclusions.hostnames
    )


def _numbers(addresses: Iterable[str], version: Version) -> IntervalSet:
    parsed = (ipaddress.ip_address(each) for each in addresses)
    return IntervalSet.of(int(each) for each in parsed if each.version == version)


def pin(
    targets: TargetSet, exclusions: TargetSet, pins: Iterable[PinnedHost], *, admit_loopback: bool
) -> tuple[tuple[PinnedHost, ...], tuple[LeftOut, ...]]:
    """The target hostnames with those of their addresses that may be scanned, and what is left out."""
    addresses = {host.name: host.addresses for host in pins}
    hosts: list[PinnedHost] = []
    left_out: list[LeftOut] = []
    for name in targets.hostnames:
        if name in exclusions.hostnames:
            continue
        allowed: list[str] = []
        for text in addresses.get(name, ()):
            reason = _refusal(text, exclusions, admit_loopback=admit_loopback)
            if reason:
                left_out.append(LeftOut(asset=name, reason=f"its address {text} is {reason}"))
            elif text not in allowed:
                allowed.append(text)
        if allowed:
            hosts.append(PinnedHost(name=name, addresses=tuple(allowed)))
        elif name not in addresses:
            left_out.append(LeftOut(asset=name, reason="it has no address"))
    return tuple(hosts), tuple(left_out)


def _refusal(text: str, exclusions: TargetSet, *, admit_loopback: bool) -> str:
    if exclusions.contains(text):
        return "excluded"
    return denied_reason(ipaddress.ip_address(text), admit_loopback=admit_loopback)
