"""What a chunk spec says of itself: its assets, its cells, which known exposures are its own, and what is left of it."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, summarize_address_range

from functions.core.addresses import from_ranges, to_ranges
from functions.core.messages import AddressRange, ChunkSpec, KnownExposure, PinnedHost
from functions.core.ports import PortSet
from functions.core.targets import TargetSet

MAX_SUMMARY = 256


def owns(spec: ChunkSpec, exposure: KnownExposure) -> bool:
    return next(_owned(spec, (exposure,)), None) is not None


def with_known(spec: ChunkSpec, exposures: Iterable[KnownExposure]) -> ChunkSpec:
    """`spec` with those of `exposures` whose cell it owns, each once, sorted."""
    mine = sorted(set(_owned(spec, exposures)), key=lambda each: (each.asset, each.port))
    return spec.model_copy(update={"known": tuple(mine)}) if mine else spec


def assets_of(spec: ChunkSpec) -> TargetSet:
    """The assets of a chunk: its addresses, and its hostnames without theirs."""
    return TargetSet(
        v4=from_ranges(spec.addresses, 4),
        v6=from_ranges(spec.addresses, 6),
        hostnames=tuple(sorted(host.name for host in spec.hosts)),
    )


def leaving_out(spec: ChunkSpec, excluded: TargetSet) -> ChunkSpec:
    """What of `spec` may still be probed: without the excluded, and hostnames that are pinned to any of it."""
    hosts = tuple(host for host in spec.hosts if not _touches(host, excluded))
    assets = assets_of(spec).without(excluded)
    addresses = to_ranges(assets.v4, 4) + to_ranges(assets.v6, 6)
    left = spec.model_copy(update={"addresses": addresses, "hosts": hosts})
    return left.model_copy(update={"known": tuple(_owned(left, spec.known))})


def cells_of(spec: ChunkSpec) -> int:
    return assets_of(spec).count * PortSet.from_canonical(spec.ports).count


def is_public(spec: ChunkSpec) -> bool:
    """Whether anything that is sent for it may go to the internet; names count as if it did, whatever addresses they have."""
    return bool(spec.hosts) or any(
        network.is_global
        for each in spec.addresses
        for network in summarize_address_range(ip_address(each.first), ip_address(each.last))
    )


def summary_of(spec: ChunkSpec) -> str:
    """For people, e.g. `10.0.0.0-10.0.0.255 tcp 1-1024`; the middle is left out where it is long."""
    parts = [_text(each) for each in spec.addresses] or [host.name for host in spec.hosts]
    more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
    ports = spec.ports if len(spec.ports) <= 40 else f"{PortSet.from_canonical(spec.ports).count} ports"
    return f"{parts[0]}{more} {spec.protocol} {ports}"[:MAX_SUMMARY]


def _owned(spec: ChunkSpec, exposures: Iterable[KnownExposure]) -> Iterator[KnownExposure]:
    assets, ports = assets_of(spec), PortSet.from_canonical(spec.ports)
    for each in exposures:
        if each.protocol == spec.protocol and each.port in ports and assets.contains(each.asset):
            yield each


def _touches(host: PinnedHost, excluded: TargetSet) -> bool:
    return any(excluded.contains(each) for each in (host.name, *host.addresses))


def _text(each: AddressRange) -> str:
    return each.first if each.first == each.last else f"{each.first}-{each.last}"
