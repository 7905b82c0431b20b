"""What authorities cover: addresses, and domains with every name below them."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from functions.core.addresses import LOOPBACK, denied_reason
from functions.core.intervals import IntervalSet
from functions.core.targets import TargetSet

_NOTHING = TargetSet()
_LOOPBACK = TargetSet(
    v4=IntervalSet.from_ranges([(0x7F00_0000, 0x7FFF_FFFF)]), v6=IntervalSet.from_ranges([(1, 1)]), hostnames=()
)


@dataclass(frozen=True, slots=True)
class Cover:
    addresses: TargetSet = _NOTHING
    domains: frozenset[str] = frozenset()
    loopback: bool = False
    """Whether loopback is covered too, and the names that can be nothing else: in the local stage nobody's leave is needed."""

    @classmethod
    def union(cls, covers: Iterable["Cover"]) -> "Cover":
        parts = list(covers)
        return cls(
            TargetSet(
                v4=IntervalSet.from_ranges(each for part in parts for each in part.addresses.v4.ranges),
                v6=IntervalSet.from_ranges(each for part in parts for each in part.addresses.v6.ranges),
            ),
            frozenset(name for part in parts for name in part.domains),
            any(part.loopback for part in parts),
        )

    def covers_name(self, name: str) -> bool:
        return self._in_a_domain(name) or (self.loopback and name.lower().rpartition(".")[2] == "localhost")

    def without(self, targets: TargetSet) -> TargetSet:
        """What of `targets` is not covered."""
        left = targets.without(self.addresses)
        left = left.without(_LOOPBACK) if self.loopback else left
        return TargetSet(
            v4=left.v4, v6=left.v6, hostnames=tuple(name for name in left.hostnames if not self.covers_name(name))
        )

    def common(self, targets: TargetSet) -> TargetSet:
        """What of `targets` is covered."""
        return targets.without(self.without(targets))

    def admits(self, name: str, address: str) -> bool:
        """Whether `name` may be probed at `address`, one that it was resolved to.

        A domain covers whatever its names resolve to; `localhost` may be nothing but loopback.
        """
        return self._in_a_domain(name) or self._has(address)

    def _in_a_domain(self, name: str) -> bool:
        labels = name.lower().split(".")
        return any(".".join(labels[start:]) in self.domains for start in range(len(labels)))

    def _has(self, text: str) -> bool:
        address = ipaddress.ip_address(text)
        if self.loopback and denied_reason(address, admit_loopback=False) == LOOPBACK:
            return True
        return int(address) in self.addresses.addresses(address.version)
