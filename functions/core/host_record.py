"""What the host lines of a result make of an asset's record."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.core.everything import Look, looked_at
from functions.core.host import Host
from functions.core.messages import HostLine

MAX_NAMES = 16
MAX_CERTIFICATE_NAMES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One chunk's account of one asset: at least one line, and its look at the ports where that says something of them all."""

    project: str
    network: str
    scan: str
    lines: Sequence[HostLine]
    baseline: bool
    """No earlier scan ever covered a cell of the asset."""
    look: Look | None = None


def seen_host(host: Host | None, sighting: Sighting) -> Host | None:
    """The record as the sighting leaves it, or None where it changes nothing.

    First written when seen up. Older lines than the last change only fill what is not known. What is not told stays.
    """
    told = _told(sighting)
    if host is None:
        return _flagged(told, sighting) if told.up else None
    changed = _flagged(host.model_copy(update=_changes(host, told)), sighting)
    if changed == host:
        return None
    last = max(host.last_changed, told.last_changed)
    return changed.model_copy(update={"last_changed": last, "scan": sighting.scan, "version": host.version + 1})


def _changes(host: Host, told: Host) -> dict[str, object]:
    newer = told.last_changed > host.last_changed
    changes: dict[str, object] = {
        name: getattr(told, name)
        for name in ("addresses", "names", "mac", "vendor", "os")
        if getattr(told, name) and (newer or not getattr(host, name))
    }
    changes["certificate_names"] = _certificate_names((*host.certificate_names, *told.certificate_names))
    if newer and (told.up != host.up or not host.reason):
        changes |= {"up": told.up, "reason": told.reason}
    if told.up and told.first_seen < host.first_seen:
        changes["first_seen"] = told.first_seen
    return changes


def _flagged(host: Host, sighting: Sighting) -> Host:
    return looked_at(host, sighting.look) if sighting.look else host


def _certificate_names(names: Sequence[str]) -> tuple[str, ...]:
    """All that were ever seen: chunks of one scan see other ports' certificates each."""
    return tuple(sorted(set(names))[:MAX_CERTIFICATE_NAMES])


def _told(sighting: Sighting) -> Host:
    lines = sighting.lines
    up = [line for line in lines if line.up]
    at = max(line.at for line in up or lines)
    return Host(
        project=sighting.project,
        network=sighting.network,
        asset=lines[0].asset,
        addresses=tuple(sorted({line.address for line in up or lines})),
        names=tuple(sorted({name for line in lines for name in line.names})[:MAX_NAMES]),
        certificate_names=_certificate_names([name for line in lines for name in line.certificate_names]),
        mac=next((line.mac for line in lines if line.mac), ""),
        vendor=next((line.vendor for line in lines if line.vendor), ""),
        os=next((line.os for line in lines if line.os), ""),
        up=bool(up),
        reason=next((line.reason for line in up or lines if line.reason), ""),
        baseline=sighting.baseline,
        scan=sighting.scan,
        noticed=at,
        first_seen=at,
        last_changed=at,
    )
