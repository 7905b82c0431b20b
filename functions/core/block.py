"""Blocks: the /24s, /64s and hostnames by which inventory and coverage are kept."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.addresses import Version, address_of
from functions.core.intervals import IntervalSet

_BITS: dict[int, int] = {4: 8, 6: 64}


@dataclass(frozen=True, order=True)
class Block:
    """`base`: its first address as a number; a hostname is a block of its own, with `version` 0 and one asset at offset 0."""

    version: int
    base: int = 0
    name: str = ""

    @classmethod
    def of(cls, asset: str) -> "Block":
        try:
            address = ipaddress.ip_address(asset)
        except ValueError:
            return cls(0, name=asset.lower())
        bits = _BITS[address.version]
        return cls(address.version, int(address) >> bits << bits)

    @property
    def first(self) -> str:
        return self.asset(0)

    def offset(self, asset: str) -> int:
        """Where an asset of this block lies in it: the last byte of IPv4, the last 64 bits of IPv6."""
        return int(ipaddress.ip_address(asset)) - self.base if self.version else 0

    def asset(self, offset: int) -> str:
        if self.version == 0:
            return self.name
        return str(address_of(self.base + offset, 4 if self.version == 4 else 6))


def blocks_of(numbers: IntervalSet, version: Version) -> Iterator[tuple[Block, IntervalSet]]:
    """The addresses as blocks and offsets in them."""
    bits = _BITS[version]
    offsets: dict[int, list[tuple[int, int]]] = {}
    for first, last in numbers.ranges:
        for number in range(first >> bits, (last >> bits) + 1):
            base = number << bits
            part = (max(first, base) - base, min(last, base + (1 << bits) - 1) - base)
            offsets.setdefault(base, []).append(part)
    for base, parts in offsets.items():
        yield Block(version, base), IntervalSet.from_ranges(parts)
