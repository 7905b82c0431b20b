"""The check of scope: made when a scan is asked for, when a chunk starts and when its result is ingested."""

import ipaddress

from functions.core.addresses import Version, from_ranges
from functions.core.chunk_spec import assets_of
from functions.core.errors import OutOfScope
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec
from functions.core.targets import TargetSet, refuse_denied


def check_scope(
    subject: TargetSet | ChunkSpec,
    exclusions: TargetSet,
    *,
    admit_loopback: bool,
    targets: TargetSet | None = None,
) -> None:
    """Raises OutOfScope, naming the part, unless `subject` may be scanned.

    `exclusions`: the network's as they are now. `targets`: what the network (or the scan's snapshot) holds; left out
    where that is the subject itself. Targets that somebody asks for may reach into exclusions, as long as something is left;
    a chunk, whose exclusions the planner removed, may not touch them at all.
    """
    if isinstance(subject, ChunkSpec):
        _check_chunk(subject, exclusions, targets, admit_loopback=admit_loopback)
    else:
        _check_targets(subject, exclusions, targets, admit_loopback=admit_loopback)


def _check_targets(asked: TargetSet, excluded: TargetSet, allowed: TargetSet | None, *, admit_loopback: bool) -> None:
    refuse_denied(asked, field="targets", admit_loopback=admit_loopback)
    _refuse_foreign(asked, allowed)
    if not asked.without(excluded):
        raise OutOfScope("targets", f"{asked.describe()} is excluded: nothing is left to scan")


def _check_chunk(spec: ChunkSpec, excluded: TargetSet, allowed: TargetSet | None, *, admit_loopback: bool) -> None:
    assets = assets_of(spec)
    _refuse_foreign(assets, allowed)
    probed = TargetSet(v4=assets.v4 | _pinned(spec, 4), v6=assets.v6 | _pinned(spec, 6), hostnames=assets.hostnames)
    refuse_denied(probed, field="targets", admit_loopback=admit_loopback)
    own = TargetSet(v4=from_ranges(spec.exclusions, 4), v6=from_ranges(spec.exclusions, 6))
    for each in (excluded, own):
        if touched := probed.common(each):
            raise OutOfScope("exclusions", f"{touched.describe()} is excluded: it may not be probed")


def _refuse_foreign(assets: TargetSet, allowed: TargetSet | None) -> None:
    if allowed is not None and (foreign := assets.without(allowed)):
        raise OutOfScope("targets", f"{foreign.describe()} is not among the network's targets: add it there first")


def _pinned(spec: ChunkSpec, version: Version) -> IntervalSet:
    addresses = (ipaddress.ip_address(each) for host in spec.hosts for each in host.addresses)
    return IntervalSet.of(int(each) for each in addresses if each.version == version)
