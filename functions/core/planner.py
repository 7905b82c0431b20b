"""Cuts a scan into chunks: every cell of targets minus exclusions in exactly one, made one at a time."""

import heapq
import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from functions.core.addresses import Version, to_ranges
from functions.core.authority import end_of
from functions.core.choice import Choice, Means, choose
from functions.core.chunk_spec import with_known
from functions.core.counting import HOSTS, OPEN_PORTS, UNNAMED
from functions.core.density import Density, density_of
from functions.core.errors import OutOfScope
from functions.core.intervals import EMPTY, IntervalSet
from functions.core.layout import Cut, Demand, Layout
from functions.core.messages import ChunkSpec, KnownExposure, PinnedHost
from functions.core.model import Id, Model, Protocol
from functions.core.outlook import Errand, public_share
from functions.core.pinning import LeftOut, pin, with_addresses
from functions.core.ports import PortSet, parse_ports
from functions.core.scan import Known, Snapshot
from functions.core.targets import TargetSet, parse_exclusions, parse_targets

_VERSIONS: tuple[Version, ...] = (4, 6)


def nothing_known(spec: ChunkSpec) -> Iterable[KnownExposure]:
    """For a network without an inventory yet."""
    del spec
    return ()


def known_by(counted: Mapping[str, int]) -> Known | None:
    """What a network's counters say is there; None where no host is known."""
    hosts, open_ports, unnamed = (max(0, counted.get(name, 0)) for name in (HOSTS, OPEN_PORTS, UNNAMED))
    return Known(hosts=hosts, open_ports=open_ports, unnamed=min(unnamed, open_ports)) if hosts else None


class Preview(Model):
    """What a scan would be, before it is asked for. A hostname counts as one address until it is resolved."""

    addresses: int
    hostnames: int
    ports: dict[Protocol, int]
    cells: int
    chunks: int
    tasks: int
    seconds: int
    """Discovery only, roughly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Cells that chunks never mix with others: one protocol, and addresses of one version or names with the same versions."""

    protocol: Protocol
    ports: PortSet
    numbers: IntervalSet = EMPTY
    version: Version = 4
    hosts: tuple[PinnedHost, ...] = ()

    def demand(self) -> Demand:
        return Demand(
            protocol=self.protocol,
            assets=len(self.hosts) or self.numbers.count,
            addresses=sum(len(host.addresses) for host in self.hosts) or self.numbers.count,
            ports=self.ports.count,
        )

    def parts(self, cut: Cut) -> Iterator["_Group"]:
        """In an order that comes back to an asset as late as it can."""
        for numbers in self.ports.numbers.split(cut.port_parts):
            for hosts, addresses in zip(self._hosts(cut), self.numbers.split(cut.asset_parts), strict=True):
                yield _Group(
                    protocol=self.protocol, ports=PortSet(numbers), numbers=addresses, version=self.version, hosts=hosts
                )

    def _hosts(self, cut: Cut) -> Iterator[tuple[PinnedHost, ...]]:
        total, parts = len(self.hosts), cut.asset_parts
        for part in range(parts):
            yield self.hosts[total * part // parts : total * (part + 1) // parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`chunks` makes its specs anew, one at a time and always the same, each time it is read."""

    max_concurrency: int
    cells: int
    count: int
    """How many chunks."""
    left_out: tuple[LeftOut, ...]
    _specs: Callable[[], Iterator[ChunkSpec]]
    late: str = ""
    """Why the deadline is expected to be missed; empty where it is not."""

    @property
    def chunks(self) -> Iterator[ChunkSpec]:
        return self._specs()


def plan(
    *,
    project: Id,
    network: Id,
    scan: Id,
    snapshot: Snapshot,
    means: Means,
    lease_s: int,
    admit_loopback: bool,
    known: Callable[[ChunkSpec], Iterable[KnownExposure]] = nothing_known,
) -> Plan:
    """The chunks of a scan whose hostnames are pinned in `snapshot.hosts` (see `names_to_pin`).

    `known` is called once for each chunk and may answer more than the chunk owns. Raises InvalidInput and OutOfScope.
    """
    targets, exclusions = _parse(snapshot, admit_loopback=admit_loopback)
    exclusions = with_addresses(exclusions, snapshot.hosts)
    hosts, left_out = pin(targets, exclusions, snapshot.hosts, admit_loopback=admit_loopback)
    left = targets.without(exclusions)
    groups = _groups(snapshot, left, hosts)
    if not groups:
        raise OutOfScope("targets", "nothing is left to scan: every target is excluded or has no address")
    demands = [group.demand() for group in groups]
    chosen = _choose(snapshot, _errand(snapshot, demands, left), _density(snapshot, left), means)
    layout = chosen.layout
    excluded = exclusions.ranges()

    def specs() -> Iterator[ChunkSpec]:
        for index, part in enumerate(_interleave(groups, layout)):
            spec = ChunkSpec(
                project=project,
                network=network,
                scan=scan,
                chunk=f"{index:05}",
                addresses=to_ranges(part.numbers, part.version),
                hosts=part.hosts,
                protocol=part.protocol,
                ports=part.ports.canonical(),
                exclusions=excluded,
                profile=snapshot.profile,
                rate=layout.share,
                deadline_s=means.deadline_s,
                lease_s=lease_s,
                not_after=end_of(snapshot.authorities),
            )
            yield with_known(spec, known(spec))

    return Plan(
        max_concurrency=layout.tasks,
        cells=sum(demand.assets * demand.ports for demand in demands),
        count=layout.chunks,
        left_out=left_out,
        late=chosen.late,
        _specs=specs,
    )


def left_out_of(snapshot: Snapshot, *, admit_loopback: bool) -> tuple[LeftOut, ...]:
    """What `plan` leaves out of it. Raises as it does."""
    targets, exclusions = _parse(snapshot, admit_loopback=admit_loopback)
    exclusions = with_addresses(exclusions, snapshot.hosts)
    return pin(targets, exclusions, snapshot.hosts, admit_loopback=admit_loopback)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A plan before hostnames are resolved: each counts as one address."""

    targets: TargetSet
    """What is left of them without the exclusions."""
    ports: dict[Protocol, PortSet]
    errand: Errand
    density: Density
    """What is expected to be there."""
    layout: Layout
    shortest_s: float
    """Of the fastest layout, as expected."""


def shape_of(*, snapshot: Snapshot, means: Means, admit_loopback: bool) -> Shape:
    """What `plan` would cut an unresolved snapshot into. Raises as it does, and InvalidInput for a deadline that no plan meets."""
    targets, exclusions = _parse(snapshot, admit_loopback=admit_loopback)
    left = targets.without(exclusions)
    ports = _ports(snapshot)
    sizes = (left.v4.count, left.v6.count, len(left.hostnames))
    demands = [
        Demand(protocol=protocol, assets=size, addresses=size, ports=each.count)
        for protocol, each in ports.items()
        for size in sizes
        if size
    ]
    if not demands:
        raise OutOfScope("targets", "nothing is left to scan: every target is excluded")
    errand, density = _errand(snapshot, demands, left), _density(snapshot, left)
    chosen = _choose(snapshot, errand, density, means)
    chosen.refuse_late()
    return Shape(
        targets=left, ports=ports, errand=errand, density=density, layout=chosen.layout, shortest_s=chosen.shortest_s
    )


def preview(*, snapshot: Snapshot, means: Means, admit_loopback: bool) -> Preview:
    """What `plan` would make of an unresolved snapshot. Raises as `shape_of` does."""
    return preview_of(shape_of(snapshot=snapshot, means=means, admit_loopback=admit_loopback))


def preview_of(shape: Shape) -> Preview:
    return Preview(
        addresses=shape.targets.v4.count + shape.targets.v6.count,
        hostnames=len(shape.targets.hostnames),
        ports={protocol: each.count for protocol, each in shape.ports.items()},
        cells=sum(demand.assets * demand.ports for demand in shape.errand.demands),
        chunks=shape.layout.chunks,
        tasks=shape.layout.tasks,
        seconds=shape.layout.seconds,
    )


def names_to_pin(snapshot: Snapshot, *, admit_loopback: bool) -> tuple[str, ...]:
    """The hostnames to resolve before `plan`: of the targets, and of the exclusions, whose addresses are excluded too."""
    targets, exclusions = _parse(snapshot, admit_loopback=admit_loopback)
    return tuple(sorted({*targets.hostnames, *exclusions.hostnames}))


def _parse(snapshot: Snapshot, *, admit_loopback: bool) -> tuple[TargetSet, TargetSet]:
    return (
        parse_targets(snapshot.targets, field="targets", admit_loopback=admit_loopback),
        parse_exclusions(snapshot.exclusions, field="exclusions"),
    )


def _ports(snapshot: Snapshot) -> dict[Protocol, PortSet]:
    return {
        protocol: parse_ports(snapshot.ports, protocol=protocol, field="ports")
        for protocol in Protocol
        if protocol in snapshot.protocols
    }


def _errand(snapshot: Snapshot, demands: list[Demand], targets: TargetSet) -> Errand:
    return Errand(demands=tuple(demands), profile=snapshot.profile, public=public_share(targets))


def _density(snapshot: Snapshot, targets: TargetSet) -> Density:
    return density_of(targets, _ports(snapshot), snapshot.known)


def _choose(snapshot: Snapshot, errand: Errand, density: Density, means: Means) -> Choice:
    return choose(errand, rate=snapshot.rate, density=density, means=means, deadline_minutes=snapshot.deadline_minutes)


def _groups(snapshot: Snapshot, targets: TargetSet, hosts: tuple[PinnedHost, ...]) -> list[_Group]:
    by_versions: dict[tuple[int, ...], list[PinnedHost]] = {}
    for host in hosts:
        versions = tuple(sorted({ipaddress.ip_address(each).version for each in host.addresses}))
        by_versions.setdefault(versions, []).append(host)
    groups: list[_Group] = []
    for protocol, ports in _ports(snapshot).items():
        groups += [
            _Group(protocol=protocol, ports=ports, numbers=targets.addresses(version), version=version)
            for version in _VERSIONS
            if targets.addresses(version)
        ]
        groups += [
            _Group(protocol=protocol, ports=ports, hosts=tuple(by_versions[versions]))
            for versions in sorted(by_versions)
        ]
    return groups


def _interleave(groups: list[_Group], layout: Layout) -> Iterator[_Group]:
    """The chunks of all groups, each group's spread evenly over the whole, so that no kind waits for another's end."""

    def ranked(order: int, group: _Group, cut: Cut) -> Iterator[tuple[float, int, _Group]]:
        for index, part in enumerate(group.parts(cut)):
            yield (index + 0.5) / cut.chunks, order, part

    streams = [ranked(order, group, cut) for order, (group, cut) in enumerate(zip(groups, layout.cuts, strict=True))]
    return (part for _, _, part in heapq.merge(*streams, key=lambda ranks: ranks[:2]))
