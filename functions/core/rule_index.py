"""Rules made ready to be asked: each lies where its address, network or port is looked up, so that a question meets few."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from functions.core.alert import RuleRef
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from functions.core.ports import parse_ports
from functions.core.rule import PROJECT_SCOPE, Action, Rule, RuleSet
from functions.core.targets import TargetSet, parse_exclusions

Weight = tuple[int, int, bool, bool, bool, bool, bool, int]
"""The least wins: assets and ports covered, then service, protocol, tag and network missing, allow, place in its set."""

ANY_ASSET = 2**128 + 1
ANY_PORT = 65536
FEW_PORTS = 128
"""A rule of so many ports is filed under each of them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule is asked about. `service` is the detected name; `tags` are those of the host and of its network."""

    asset: str
    address: str
    protocol: Protocol
    port: int
    service: str = ""
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule for one of its assets and one protocol. `ports` is None for any."""

    rule: Rule
    ref: RuleRef
    asset: str
    """As the rule writes it; empty for any."""
    where: TargetSet
    protocol: Protocol
    ports: IntervalSet | None
    weight: Weight

    def matches(self, subject: Subject) -> bool:
        """Whether everything fits but the asset, which its place in the index tells."""
        rule = self.rule
        return (
            (self.ports is None or subject.port in self.ports)
            and (not rule.service or rule.service.lower() == subject.service.lower())
            and (not rule.tag or rule.tag in subject.tags)
        )


class _Shelf:
    """Entries of one place, by port where they name few."""

    def __init__(self) -> None:
        self._few: dict[int, list[Entry]] = defaultdict(list)
        self._wide: list[Entry] = []

    def add(self, entry: Entry) -> None:
        if entry.ports is None or entry.ports.count > FEW_PORTS:
            self._wide.append(entry)
            return
        for port in entry.ports:
            self._few[port].append(entry)

    def at(self, port: int) -> Iterator[Entry]:
        yield from self._few.get(port, ())
        yield from self._wide


Place = tuple[Protocol, str | tuple[int, int, int]]
"""A hostname, empty for any asset, or (IP version, prefix length, prefix)."""


class RuleIndex:
    def __init__(self, entries: Iterable[Entry]) -> None:
        self._shelves: dict[Place, _Shelf] = defaultdict(_Shelf)
        self._lengths: set[tuple[int, int]] = set()
        for entry in entries:
            for place in _places(entry.where) if entry.asset else ("",):
                self._shelves[entry.protocol, place].add(entry)
                if isinstance(place, tuple):
                    self._lengths.add(place[:2])

    def matching(self, subject: Subject) -> Iterator[Entry]:
        """Every entry that fits, in no order; a rule may come once for each of its assets."""
        for place in self._looked_up(subject):
            shelf = self._shelves.get((subject.protocol, place))
            if shelf is not None:
                yield from (entry for entry in shelf.at(subject.port) if entry.matches(subject))

    def _looked_up(self, subject: Subject) -> Iterator[str | tuple[int, int, int]]:
        yield ""
        try:
            address = ipaddress.ip_address(subject.asset)
        except ValueError:
            yield subject.asset.lower()
            if not subject.address:
                return
            address = ipaddress.ip_address(subject.address)
        for version, length in self._lengths:
            if version == address.version:
                yield version, length, int(address) >> (address.max_prefixlen - length)


def entries_of(rule_set: RuleSet) -> Iterator[Entry]:
    """Raises InvalidInput for a rule that `core.rule_check` would refuse."""
    for position, rule in enumerate(rule_set.rules):
        ref = RuleRef(scope=rule_set.scope, version=rule_set.version, rule=rule.name)
        assets = [(asset, parse_exclusions((asset,), field=f"rules.{position}.assets")) for asset in rule.assets]
        for protocol in (rule.protocol,) if rule.protocol else Protocol:
            ports = ports_of(rule.ports, protocol)
            for asset, where in assets or [("", TargetSet())]:
                size = where.count or ANY_ASSET
                weight = _weight(rule, size, ports, position, of_project=rule_set.scope == PROJECT_SCOPE)
                yield Entry(rule, ref, asset, where, protocol, ports, weight)


@lru_cache(maxsize=4096)
def ports_of(text: str, protocol: Protocol) -> IntervalSet | None:
    """None for any port. Rules say the same few over and over. Raises InvalidInput."""
    return parse_ports(text, protocol=protocol, field="ports").numbers if text else None


def _weight(rule: Rule, size: int, ports: IntervalSet | None, position: int, *, of_project: bool) -> Weight:
    return (
        size,
        ANY_PORT if ports is None else ports.count,
        not rule.service,
        rule.protocol is None,
        not rule.tag,
        of_project,
        rule.action is Action.ALLOW,
        position,
    )


def _places(where: TargetSet) -> Iterator[str | tuple[int, int, int]]:
    """A range lies at each of the prefixes that it is made of."""
    yield from where.hostnames
    for first, last in where.v4.ranges:
        ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
        yield from (_place(network) for network in ipaddress.summarize_address_range(*ends))
    for first, last in where.v6.ranges:
        wide_ends = ipaddress.IPv6Address(first), ipaddress.IPv6Address(last)
        yield from (_place(network) for network in ipaddress.summarize_address_range(*wide_ends))


def _place(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> tuple[int, int, int]:
    bits = network.max_prefixlen - network.prefixlen
    return network.version, network.prefixlen, int(network.network_address) >> bits
