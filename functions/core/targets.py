"""Targets: the networks, addresses, ranges and hostnames that a user may scan or wants left out."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from functions.core.addresses import Version, address_of, denied_reason, denied_space, parse_address, to_ranges
from functions.core.errors import InvalidInput, OutOfScope
from functions.core.hostnames import parse_hostname
from functions.core.intervals import EMPTY, IntervalSet
from functions.core.messages import AddressRange
from functions.core.quoting import quoted

MIN_PREFIX_V6 = 112
MAX_RANGE_V6 = 2 ** (128 - MIN_PREFIX_V6)
MAX_ADDRESSES = 2**24
MAX_TEXT = 300
_RANGE = re.compile(r"[0-9.]+-[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*-[0-9a-fA-F:.]+", re.ASCII)
_NUMERIC = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]*|[0-9]+)?)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class TargetSet:
    """A set of assets. A hostname and the addresses that it has are different assets."""

    v4: IntervalSet = EMPTY
    v6: IntervalSet = EMPTY
    hostnames: tuple[str, ...] = ()
    """Sorted, each once."""

    @property
    def count(self) -> int:
        """How many assets."""
        return self.v4.count + self.v6.count + len(self.hostnames)

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6 or self.hostnames)

    def addresses(self, version: Version) -> IntervalSet:
        return self.v4 if version == 4 else self.v6

    def ranges(self) -> tuple[AddressRange, ...]:
        return to_ranges(self.v4, 4) + to_ranges(self.v6, 6)

    def contains(self, asset: str) -> bool:
        """`asset`: an address in canonical text, or a hostname in any case."""
        try:
            address = ipaddress.ip_address(asset)
        except ValueError:
            return asset.lower() in self.hostnames
        return int(address) in self.addresses(address.version)

    def without(self, exclusions: "TargetSet") -> "TargetSet":
        left_out = frozenset(exclusions.hostnames)
        return TargetSet(
            v4=self.v4 - exclusions.v4,
            v6=self.v6 - exclusions.v6,
            hostnames=tuple(name for name in self.hostnames if name not in left_out),
        )

    def common(self, other: "TargetSet") -> "TargetSet":
        shared = frozenset(other.hostnames)
        return TargetSet(
            v4=self.v4 & other.v4,
            v6=self.v6 & other.v6,
            hostnames=tuple(name for name in self.hostnames if name in shared),
        )

    def describe(self) -> str:
        """The first of its parts, for a message."""
        first = next(iter(self.ranges()), None)
        if first is None:
            return self.hostnames[0] if self.hostnames else "nothing"
        return first.first if first.first == first.last else f"{first.first}-{first.last}"


def parse_targets(texts: Iterable[str], *, field: str, admit_loopback: bool) -> TargetSet:
    """What may be scanned. Raises InvalidInput with `field` + `.` + the position at fault, OutOfScope for denied space."""
    parts = [_parse(text, f"{field}.{index}") for index, text in enumerate(texts)]
    for index, part in enumerate(parts):
        _refuse_wide_v6(part, f"{field}.{index}")
        refuse_denied(part, field=f"{field}.{index}", admit_loopback=admit_loopback)
    targets = _union(parts)
    if targets.v4.count + targets.v6.count > MAX_ADDRESSES:
        raise InvalidInput(field, f"more than {MAX_ADDRESSES:,} addresses together: split them over several networks")
    return targets


def parse_exclusions(texts: Iterable[str], *, field: str) -> TargetSet:
    """What must never be scanned: the same spellings, of any size, denied space included."""
    return _union([_parse(text, f"{field}.{index}") for index, text in enumerate(texts)])


def refuse_denied(targets: TargetSet, *, field: str, admit_loopback: bool) -> None:
    """Raises OutOfScope naming the first part of `targets` that may never be scanned, and why."""
    versions: tuple[Version, ...] = (4, 6)
    for version in versions:
        denied = targets.addresses(version) & denied_space(version, admit_loopback=admit_loopback)
        if denied:
            first = address_of(denied.ranges[0][0], version)
            reason = denied_reason(first, admit_loopback=admit_loopback)
            part = TargetSet(v4=denied) if version == 4 else TargetSet(v6=denied)
            raise OutOfScope(field, f"{part.describe()} may not be scanned ({first} is {reason}): leave it out")


def _union(parts: Sequence[TargetSet]) -> TargetSet:
    return TargetSet(
        v4=IntervalSet.from_ranges(each for part in parts for each in part.v4.ranges),
        v6=IntervalSet.from_ranges(each for part in parts for each in part.v6.ranges),
        hostnames=tuple(sorted({name for part in parts for name in part.hostnames})),
    )


def _parse(text: str, field: str) -> TargetSet:
    if not text or len(text) > MAX_TEXT:
        raise InvalidInput(field, f"a target has 1 to {MAX_TEXT} characters")
    if text.startswith("-"):
        raise InvalidInput(field, f"{quoted(text)} starts with a hyphen: no target does")
    if any(each.isspace() for each in text):
        raise InvalidInput(field, f"{quoted(text)} has a space in it: write one target per item, without spaces")
    if "/" in text:
        return _network(text, field)
    if _RANGE.fullmatch(text):
        return _range(text, field)
    if ":" in text or _NUMERIC.fullmatch(text):
        return _span(parse_address(text, field), parse_address(text, field))
    return TargetSet(hostnames=(parse_hostname(text, field),))


def _network(text: str, field: str) -> TargetSet:
    base, _, length = text.partition("/")
    address = parse_address(base, field)
    if not re.fullmatch(r"0|[1-9][0-9]{0,2}", length, re.ASCII) or int(length) > address.max_prefixlen:
        raise InvalidInput(
            field, f"{quoted(text)} has no prefix length from 0 to {address.max_prefixlen} after the slash"
        )
    network = ipaddress.ip_network((address, int(length)), strict=False)
    if network.network_address != address:
        raise InvalidInput(field, f"{quoted(text)} has host bits set: did you mean {network}, or {address} alone?")
    return _span(network.network_address, network.broadcast_address)


def _range(text: str, field: str) -> TargetSet:
    start, _, end = text.partition("-")
    first = parse_address(start, field)
    if first.version == 4 and re.fullmatch(r"0|[1-9][0-9]{0,2}", end, re.ASCII):
        end = f"{start.rpartition('.')[0]}.{end}"
    last = parse_address(end, field)
    if first.version != last.version:
        raise InvalidInput(field, f"{quoted(text)} mixes IPv4 and IPv6: write one range for each")
    if int(first) > int(last):
        raise InvalidInput(field, f"{quoted(text)} ends before it starts: write {last}-{first}")
    return _span(first, last)


def _span(
    first: ipaddress.IPv4Address | ipaddress.IPv6Address, last: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> TargetSet:
    numbers = IntervalSet(((int(first), int(last)),))
    return TargetSet(v4=numbers) if first.version == 4 else TargetSet(v6=numbers)


def _refuse_wide_v6(part: TargetSet, field: str) -> None:
    if part.v6.count > MAX_RANGE_V6:
        raise InvalidInput(
            field,
            f"{part.describe()} is too wide to scan: IPv6 targets hold at most {MAX_RANGE_V6:,} addresses "
            f"(/{MIN_PREFIX_V6}); name the parts that are in use",
        )
