"""The assets of a chunk and the addresses that stand for them."""

import ipaddress

from functions.core.addresses import Address, Version, from_ranges
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec


class Assets:
    """Whose an address is: its own, and that of each hostname pinned to it."""

    def __init__(self, spec: ChunkSpec) -> None:
        self._own: dict[Version, IntervalSet] = {4: from_ranges(spec.addresses, 4), 6: from_ranges(spec.addresses, 6)}
        self._pinned = {host.name: [ipaddress.ip_address(text) for text in host.addresses] for host in spec.hosts}
        self._names: dict[Address, list[str]] = {}
        for name, addresses in self._pinned.items():
            for address in addresses:
                self._names.setdefault(address, []).append(name)

    def of(self, address: Address) -> list[str]:
        own = [str(address)] if int(address) in self._own[address.version] else []
        return own + self._names.get(address, [])

    def targets(self) -> dict[Version, IntervalSet]:
        """Every address to probe, by IP version."""
        return {
            version: own | IntervalSet.of(int(each) for each in self._names if each.version == version)
            for version, own in self._own.items()
        }

    def addresses(self, asset: str) -> list[Address]:
        """Where an asset of this chunk is; empty for one that is not of this chunk."""
        if pinned := self._pinned.get(asset):
            return pinned
        try:
            address = ipaddress.ip_address(asset)
        except ValueError:
            return []
        return [address] if int(address) in self._own[address.version] else []
