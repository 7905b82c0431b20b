"""What the host lines of a result make of an asset's record."""

from collections.abc import Sequence

from functions.core.host import Host
from functions.core.messages import HostLine

MAX_NAMES = 16


def seen_host(host: Host | None, lines: Sequence[HostLine], *, project: str, network: str) -> Host | None:
    """The record as these lines leave it, or None where they change nothing. `lines`: of one asset, at least one.

    First written when seen up. Older lines than the last change only fill what is not known. What is not told stays.
    """
    told = _told(lines, project=project, network=network)
    if host is None:
        return told if told.up else None
    newer = told.last_changed > host.last_changed
    changes = {
        name: getattr(told, name)
        for name in ("addresses", "names", "mac", "vendor")
        if getattr(told, name) and (newer or not getattr(host, name))
    }
    if newer:
        changes["up"] = told.up
    if told.up and told.first_seen < host.first_seen:
        changes["first_seen"] = told.first_seen
    changed = host.model_copy(update=changes)
    if changed == host:
        return None
    last = max(host.last_changed, told.last_changed)
    return changed.model_copy(update={"last_changed": last, "version": host.version + 1})


def _told(lines: Sequence[HostLine], *, project: str, network: str) -> Host:
    up = [line for line in lines if line.up]
    at = max(line.at for line in up or lines)
    return Host(
        project=project,
        network=network,
        asset=lines[0].asset,
        addresses=tuple(sorted({line.address for line in up or lines})),
        names=tuple(sorted({name for line in lines for name in line.names})[:MAX_NAMES]),
        mac=next((line.mac for line in lines if line.mac), ""),
        vendor=next((line.vendor for line in lines if line.vendor), ""),
        up=bool(up),
        first_seen=at,
        last_changed=at,
    )
