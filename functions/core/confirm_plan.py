"""The plan of a confirmation: its cells and no other, each in exactly one chunk."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from functions.core.addresses import to_ranges
from functions.core.authority import end_of
from functions.core.choice import Means
from functions.core.errors import OutOfScope
from functions.core.intervals import IntervalSet
from functions.core.messages import AddressRange, ChunkSpec, PinnedHost
from functions.core.model import Id, Protocol
from functions.core.pinning import LeftOut, pin, with_addresses
from functions.core.planner import Plan
from functions.core.ports import PortSet
from functions.core.scan import CellRef, Snapshot
from functions.core.targets import TargetSet, parse_exclusions, parse_targets

PACE = 50
"""Connections a second that all tasks of a confirmation together make at most; and no more than a tenth of its network's rate."""
MIN_SHARE = 5
"""Connections a second below which another task at once only adds start-up time."""

Line = TypeVar("Line")
Item = TypeVar("Item")

_Versions = tuple[int, ...]
_Kind = tuple[Protocol, _Versions, bool]
"""What chunks never mix: protocols, IP versions, addresses and names."""


@dataclass(frozen=True, slots=True)
class _Part:
    """`assets` x `ports`, every cell of it asked for."""

    kind: _Kind
    assets: tuple[str, ...]
    ports: PortSet


def pace_of(rate: int) -> int:
    return max(1, min(PACE, rate // 10))


def plan_confirmation(
    *,
    project: Id,
    network: Id,
    scan: Id,
    snapshot: Snapshot,
    means: Means,
    lease_s: int,
    admit_loopback: bool,
) -> Plan:
    """The chunks for `snapshot.cells`, whose hostnames are pinned in `snapshot.hosts`. Raises InvalidInput and OutOfScope.

    Nothing is known of the cells beforehand: each is asked as it stands, so no chunk carries known exposures.
    """
    targets = parse_targets(snapshot.targets, field="targets", admit_loopback=admit_loopback)
    exclusions = with_addresses(parse_exclusions(snapshot.exclusions, field="exclusions"), snapshot.hosts)
    pinned, left_out = pin(targets, exclusions, snapshot.hosts, admit_loopback=admit_loopback)
    hosts = {host.name: host for host in pinned}
    cells = _in_scope(snapshot.cells, targets.without(exclusions), hosts)
    if not cells:
        raise OutOfScope("targets", "nothing is left to confirm: every cell is excluded or has no address")
    rate = pace_of(snapshot.rate)
    most = max(1, rate * means.chunk_seconds // (1 + snapshot.profile.retries))
    parts = [small for part in _parts(cells, hosts) for small in _cut(part, hosts, most)]
    tasks = max(1, min(means.max_tasks, len(parts), rate // MIN_SHARE))
    excluded = exclusions.ranges()

    def specs() -> Iterator[ChunkSpec]:
        for index, part in enumerate(parts):
            protocol, _, named = part.kind
            yield ChunkSpec(
                project=project,
                network=network,
                scan=scan,
                chunk=f"{index:05}",
                addresses=() if named else _ranges(part.assets),
                hosts=tuple(hosts[name] for name in part.assets) if named else (),
                protocol=protocol,
                ports=part.ports.canonical(),
                exclusions=excluded,
                profile=snapshot.profile,
                rate=rate // tasks,
                deadline_s=means.deadline_s,
                lease_s=lease_s,
                not_after=end_of(snapshot.authorities),
            )

    return Plan(
        max_concurrency=tasks,
        cells=len(cells),
        count=len(parts),
        left_out=left_out,
        _specs=specs,
    )


def lost_cells(snapshot: Snapshot, left_out: Iterable[LeftOut]) -> int:
    """How many of the cells belong to hostnames of which no address may be probed."""
    refused: dict[str, int] = defaultdict(int)
    for each in left_out:
        refused[each.asset] += 1
    had = {host.name: len(set(host.addresses)) for host in snapshot.hosts}
    lost = {name for name, count in refused.items() if count >= had.get(name, 0)}
    return sum(cell.asset in lost for cell in snapshot.cells)


def _in_scope(cells: Iterable[CellRef], allowed: TargetSet, hosts: dict[str, PinnedHost]) -> list[CellRef]:
    return sorted(
        {each for each in cells if allowed.contains(each.asset) and (_is_address(each.asset) or each.asset in hosts)},
        key=lambda each: (each.protocol, each.asset, each.port),
    )


def _parts(cells: Iterable[CellRef], hosts: dict[str, PinnedHost]) -> Iterator[_Part]:
    """Rectangles that hold the cells exactly: by equal port sets, or by ports where that makes fewer."""
    kinds: dict[_Kind, list[CellRef]] = defaultdict(list)
    for cell in cells:
        kinds[_kind(cell, hosts)].append(cell)
    for kind in sorted(kinds):
        rows = _grouped((cell.asset, cell.port) for cell in kinds[kind])
        columns = _grouped((cell.port, cell.asset) for cell in kinds[kind])
        if len(columns) < len(rows):
            yield from (_Part(kind, assets, PortSet.of(ports)) for assets, ports in columns.items())
        else:
            yield from (_Part(kind, tuple(assets), PortSet.of(ports)) for ports, assets in rows.items())


def _grouped(pairs: Iterable[tuple[Line, Item]]) -> dict[tuple[Item, ...], list[Line]]:
    """The lines by the set of items that each has."""
    of_line: dict[Line, list[Item]] = defaultdict(list)
    for line, item in pairs:
        of_line[line].append(item)
    groups: dict[tuple[Item, ...], list[Line]] = defaultdict(list)
    for line, items in of_line.items():
        groups[tuple(items)].append(line)
    return groups


def _cut(part: _Part, hosts: dict[str, PinnedHost], most: int) -> Iterator[_Part]:
    """Pieces of some `most` probes: by assets first, and by ports where one asset's are more."""
    widest = max(len(hosts[each].addresses) if each in hosts else 1 for each in part.assets)
    for numbers in part.ports.numbers.split(min(part.ports.count, ceil(part.ports.count * widest / most))):
        total = len(part.assets)
        pieces = min(total, ceil(total * widest * numbers.count / most))
        for piece in range(pieces):
            assets = part.assets[total * piece // pieces : total * (piece + 1) // pieces]
            yield _Part(part.kind, assets, PortSet(numbers))


def _kind(cell: CellRef, hosts: dict[str, PinnedHost]) -> _Kind:
    named = not _is_address(cell.asset)
    addresses = hosts[cell.asset].addresses if named else (cell.asset,)
    return cell.protocol, tuple(sorted({ipaddress.ip_address(each).version for each in addresses})), named


def _ranges(assets: Iterable[str]) -> tuple[AddressRange, ...]:
    """Of addresses of one version."""
    addresses = [ipaddress.ip_address(each) for each in assets]
    return to_ranges(IntervalSet.of(int(each) for each in addresses), addresses[0].version)


def _is_address(asset: str) -> bool:
    try:
        ipaddress.ip_address(asset)
    except ValueError:
        return False
    return True
