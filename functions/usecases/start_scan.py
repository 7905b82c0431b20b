"""Start a scan: check its scope, record it once, start its workflow. A repeat of the same cause heals a crash between."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.adapters.workflow import Workflow
from functions.core.errors import AlreadyExists, Conflict, InvalidInput, OutOfScope
from functions.core.ids import derived_id
from functions.core.model import Protocol
from functions.core.network import Network, NetworkDraft
from functions.core.ports import PortSet, parse_ports
from functions.core.profile import PROFILES, Profile
from functions.core.scan import Cause, Scan, ScanStatus, Snapshot
from functions.core.scope import check_scope
from functions.core.targets import parse_exclusions, parse_targets
from functions.store.halts import Halts
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.usecases.bounds import Bounds


@dataclass(frozen=True, kw_only=True)
class Part:
    """What of the network to scan: empty means all of it. `confirm` closes at the first miss."""

    targets: tuple[str, ...] = ()
    ports: str = ""
    protocols: tuple[Protocol, ...] = ()
    profile: str = ""
    confirm: bool = False


@dataclass(frozen=True, kw_only=True)
class StartScan:
    networks: Networks
    scans: Scans
    halts: Halts
    workflow: Workflow
    bounds: Bounds

    def __call__(
        self, *, project: str, network: str, cause: Cause, cause_time: datetime, now: datetime, part: Part | None = None
    ) -> Scan:
        """The scan of this cause: new, or the one that the cause made before.

        The id derives from `cause_time` and the cause. Raises NotFound, InvalidInput, OutOfScope, Conflict for a network that is off, Halted, ScanInProgress
        (its `current` names the live scan), Unavailable (ask again with the same cause).
        """
        found = self.networks.get(project, network)
        self.halts.refuse(project)
        if not found.enabled:
            raise Conflict(
                f"network {found.name!r} is off: turn it on to scan it", current=found.model_dump(mode="json")
            )
        scan = Scan(
            id=derived_id(cause_time, project, network, cause.kind, cause.key),
            project=project,
            network=network,
            cause=cause,
            snapshot=take_snapshot(found, part or Part(), bounds=self.bounds, now=now),
            created=now,
        )
        recorded = self._record(scan)
        if recorded.status is ScanStatus.PLANNED and not recorded.stop:
            self.workflow.start(project=project, scan=recorded.id, run=recorded.run)
        return recorded

    def _record(self, scan: Scan) -> Scan:
        try:
            self.scans.create_live(scan)
        except AlreadyExists:
            return self.scans.get(scan.project, scan.id)
        return scan


def take_snapshot(network: Network, part: Part, *, bounds: Bounds, now: datetime) -> Snapshot:
    """The network as it stands, narrowed to `part`. Raises InvalidInput and OutOfScope, naming the field."""
    targets, admit_loopback = part.targets or network.targets, bounds.admit_loopback
    exclusions = bounds.excluded(network.exclusions)
    check_scope(
        parse_targets(targets, field="targets", admit_loopback=admit_loopback),
        parse_exclusions(exclusions, field="exclusions"),
        targets=parse_targets(network.targets, field="network.targets", admit_loopback=admit_loopback),
        admit_loopback=admit_loopback,
    )
    whole = snapshot_of(network)
    protocols = _narrowed_protocols(network, part.protocols)
    narrowed: dict[str, Any] = {
        "targets": targets,
        "exclusions": exclusions,
        "authorities": bounds.lean(network.project, targets, exclusions, at=now),
        "ports": _narrowed_ports(network, part.ports, protocols),
        "protocols": protocols,
    }
    if part.profile:
        narrowed["profile"] = _of_network(part.profile, network)
    if part.confirm:
        narrowed["misses_to_close"] = 1
    return whole.model_copy(update=narrowed)


def snapshot_of(network: NetworkDraft) -> Snapshot:
    """The whole network. Raises InvalidInput for an unknown profile."""
    return Snapshot(
        targets=network.targets,
        exclusions=network.exclusions,
        ports=network.ports,
        protocols=network.protocols,
        profile=_of_network(network.profile, network),
        rate=network.rate,
        deadline_minutes=network.deadline_minutes,
        misses_to_close=network.alerts.misses_to_close,
        reopen_window_hours=network.alerts.reopen_window_hours,
        flapping=network.alerts.flapping,
    )


def _of_network(name: str, network: NetworkDraft) -> Profile:
    """A profile with what is a network's own choice."""
    profile = profile_named(name)
    return profile.model_copy(
        update={
            "scripts": network.scripts,
            "host_discovery": network.host_discovery,
            "os_detection": profile.os_detection or network.os_detection,
        }
    )


def profile_named(name: str) -> Profile:
    try:
        return PROFILES[name]
    except KeyError:
        raise InvalidInput(
            "profile", f"there is no profile of this name; choose one of {', '.join(PROFILES)}"
        ) from None


def _narrowed_protocols(network: Network, asked: tuple[Protocol, ...]) -> tuple[Protocol, ...]:
    for protocol in asked:
        if protocol not in network.protocols:
            raise OutOfScope("protocols", f"the network is not scanned over {protocol}")
    return tuple(each for each in network.protocols if not asked or each in asked)


def _narrowed_ports(network: Network, text: str, protocols: tuple[Protocol, ...]) -> str:
    for protocol in protocols:
        whole = parse_ports(network.ports, protocol=protocol, field="ports")
        asked = parse_ports(text or network.ports, protocol=protocol, field="ports")
        if outside := PortSet(asked.numbers - whole.numbers):
            raise OutOfScope("ports", f"{protocol} {outside.canonical()} is not in the network's port specification")
    return text or network.ports
