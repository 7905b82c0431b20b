"""IP addresses: the one spelling that is accepted, and the one table of what may never be scanned."""

import ipaddress
from dataclasses import dataclass
from functools import cache
from typing import Literal

from functions.core.errors import InvalidInput, OutOfScope
from functions.core.intervals import IntervalSet
from functions.core.messages import AddressRange
from functions.core.quoting import quoted

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Version = Literal[4, 6]

LOOPBACK = "loopback"


@dataclass(frozen=True, slots=True)
class Denied:
    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    reason: str
    embeds: bool = False
    """An IPv4 address inside an IPv6 one: a spelling that could reach what is denied or excluded, never an asset of its own."""


def _denied(network: str, reason: str, *, embeds: bool = False) -> Denied:
    return Denied(ipaddress.ip_network(network), reason, embeds)


_DENIED_V4 = (
    _denied("0.0.0.0/8", "unspecified"),
    _denied("127.0.0.0/8", LOOPBACK),
    _denied("169.254.0.0/16", "link-local, where cloud metadata is served"),
    _denied("224.0.0.0/4", "multicast"),
    _denied("255.255.255.255/32", "broadcast"),
    _denied("240.0.0.0/4", "reserved"),
)

_DENIED_V6 = (
    _denied("::/128", "unspecified"),
    _denied("::1/128", LOOPBACK),
    _denied("::/96", "an IPv4-compatible form of an IPv4 address", embeds=True),
    _denied("::ffff:0:0/96", "an IPv4-mapped form of an IPv4 address", embeds=True),
    _denied("::ffff:0:0:0/96", "an IPv4-translated form of an IPv4 address", embeds=True),
    _denied("64:ff9b::/96", "a NAT64 form of an IPv4 address", embeds=True),
    _denied("64:ff9b:1::/48", "a local NAT64 form of an IPv4 address", embeds=True),
    _denied("2001::/32", "a Teredo form of an IPv4 address", embeds=True),
    _denied("2002::/16", "a 6to4 form of an IPv4 address", embeds=True),
    _denied("fd00:ec2::/32", "where cloud metadata is served"),
    _denied("fd20:ce::254/128", "where cloud metadata is served"),
    _denied("fe80::/10", "link-local"),
    _denied("ff00::/8", "multicast"),
)


DENIED: dict[Version, tuple[Denied, ...]] = {4: _DENIED_V4, 6: _DENIED_V6}
"""The first row that holds an address gives the reason. Private, shared (CGNAT) and unique local space is allowed: networks live there."""


def parse_address(text: str, field: str) -> Address:
    """The address that `text` spells in its plain form; any other spelling that some tool might read otherwise is refused.

    Raises InvalidInput, or OutOfScope for a form that embeds an IPv4 address. Says nothing of other denied space:
    see `denied_reason`.
    """
    if "%" in text:
        raise InvalidInput(field, f"{quoted(text)} names a zone: leave out the % and what follows")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise InvalidInput(field, f"{quoted(text)} is not an IP address: {_mend(text)}") from None
    for row in DENIED[address.version]:
        if address in row.network:
            if row.embeds:
                raise OutOfScope(field, f"{quoted(text)} is {row.reason}: write the IPv4 address itself")
            break
    return address


def _mend(text: str) -> str:
    if text != text.strip() or " " in text:
        return "leave out the spaces"
    if ":" in text:
        return "write IPv6 as in 2001:db8::10, without brackets or port"
    return "write four decimal numbers from 0 to 255 without leading zeros, as in 192.0.2.10"


def denied_reason(address: Address, *, admit_loopback: bool) -> str:
    """Why `address` may never be scanned; empty when it may. `admit_loopback`: the local stage alone."""
    for row in DENIED[address.version]:
        if address in row.network:
            return "" if admit_loopback and row.reason == LOOPBACK else row.reason
    return ""


@cache
def denied_space(version: Version, *, admit_loopback: bool) -> IntervalSet:
    """Everything that `denied_reason` gives a reason for, as a set."""
    rows = DENIED[version]
    everything = IntervalSet.from_ranges(_bounds(row) for row in rows)
    if not admit_loopback:
        return everything
    return everything - IntervalSet.from_ranges(_bounds(row) for row in rows if row.reason == LOOPBACK)


def _bounds(row: Denied) -> tuple[int, int]:
    return int(row.network.network_address), int(row.network.broadcast_address)


def address_of(number: int, version: Version) -> Address:
    return ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number)


def to_ranges(numbers: IntervalSet, version: Version) -> tuple[AddressRange, ...]:
    """An address set as it travels."""
    return tuple(
        AddressRange(first=str(address_of(first, version)), last=str(address_of(last, version)))
        for first, last in numbers.ranges
    )


def from_ranges(ranges: tuple[AddressRange, ...], version: Version) -> IntervalSet:
    """The addresses of one IP version in `ranges`, which our own code wrote."""
    bounds = ((ipaddress.ip_address(each.first), ipaddress.ip_address(each.last)) for each in ranges)
    return IntervalSet.from_ranges((int(first), int(last)) for first, last in bounds if first.version == version)
