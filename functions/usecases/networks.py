"""Networks and their schedules: two stores that must agree, written in an order that a repeat mends.

Writing: the network first, then its schedule. A crash between leaves a schedule that is older than its network; the
repeat of the same request (same Idempotency-Key, or the same edit once more) finds its own network and writes the
schedule. Deleting: the schedule first, so that none outlives its network. In between, a tick is harmless: it reads the
network and starts nothing for one that is gone or whose schedule is off.
"""

from dataclasses import dataclass
from datetime import datetime

from functions.adapters.resolver import Resolver
from functions.adapters.scheduler import Scheduler
from functions.core.alert_settings import validate_alert_settings
from functions.core.engine import Engine, Target, identifies
from functions.core.errors import AlreadyExists, InvalidInput, ScanInProgress, StaleVersion
from functions.core.model import Protocol
from functions.core.network import CloneDraft, Network, NetworkDraft, NetworkPatch
from functions.core.ports import parse_ports
from functions.core.schedule import validate_schedule
from functions.core.scope import check_scope
from functions.core.scripts import validate_scripts
from functions.core.targets import parse_exclusions, parse_targets
from functions.core.window_check import validate_window
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.usecases.addresses_of import addresses_of
from functions.usecases.bounds import Bounds
from functions.usecases.start_scan import profile_named


@dataclass(frozen=True, kw_only=True)
class ManageNetworks:
    networks: Networks
    scans: Scans
    ledger: Ledger
    scheduler: Scheduler
    bounds: Bounds
    resolver: Resolver

    def create(self, *, project: str, identifier: str, draft: NetworkDraft, now: datetime) -> Network:
        """The new network, or, asked again with the same `identifier`, the one made before. Raises InvalidInput, OutOfScope."""
        validate_draft(draft, admit_loopback=self.bounds.admit_loopback)
        _check_window(draft, now)
        if _is_scheduled(draft):
            self._check_authority(project, draft, now)
        network = Network(**dict(draft), id=identifier, project=project, created=now, updated=now)
        try:
            self.networks.create(network)
        except AlreadyExists:
            network = self.networks.get(project, identifier)
        self.scheduler.put(network)
        return network

    def update(self, *, project: str, identifier: str, draft: NetworkDraft, expected: int, now: datetime) -> Network:
        """Replace what the user gives. Raises NotFound, StaleVersion with the current network, InvalidInput, OutOfScope."""
        validate_draft(draft, admit_loopback=self.bounds.admit_loopback)
        _check_window(draft, now)
        current = self.networks.get(project, identifier)
        if _is_scheduled(draft) and not (_is_scheduled(current) and draft.targets == current.targets):
            self._check_authority(project, draft, now)
        addresses = self._addresses(draft, current)
        if current.version == expected:
            changed = current.model_copy(update={**dict(draft), "updated": now})
            current = self.networks.update(changed, expected=expected)
        elif not (current.version == expected + 1 and draft_of(current) == draft):
            raise StaleVersion(
                f"the network is at version {current.version}, not {expected}: read it and edit that",
                current=current.model_dump(mode="json"),
            )
        for live in self.scans.live_of(project, identifier):
            self.ledger.narrow(project, live.id, (*current.exclusions, *addresses))
        self.scheduler.put(current)
        return current

    def patch(self, *, project: str, identifier: str, patch: NetworkPatch, expected: int, now: datetime) -> Network:
        """Replace what is given. Raises as `update` does."""
        given = {name: value for name, value in dict(patch).items() if value is not None}
        given |= {name: None for name in ("schedule", "window", "deadline_minutes") if given.get(name) == "none"}
        draft = draft_of(self.networks.get(project, identifier)).model_copy(update=given)
        return self.update(project=project, identifier=identifier, draft=draft, expected=expected, now=now)

    def clone(self, *, project: str, source: str, identifier: str, draft: CloneDraft, now: datetime) -> Network:
        """A network like `source`, with its schedule off: two that scan the same at the same time serve nobody.

        Raises NotFound, InvalidInput, OutOfScope.
        """
        original = draft_of(self.networks.get(project, source))
        changes: dict[str, object] = {"name": draft.name}
        if draft.targets:
            changes["targets"] = draft.targets
        if original.schedule is not None:
            changes["schedule"] = original.schedule.model_copy(update={"enabled": False})
        copied = original.model_copy(update=changes)
        return self.create(project=project, identifier=identifier, draft=copied, now=now)

    def switch_schedule(self, *, project: str, identifier: str, enabled: bool, expected: int, now: datetime) -> Network:
        """Turn the schedule on or off. Raises InvalidInput where there is none."""
        network = self.networks.get(project, identifier)
        if network.schedule is None:
            raise InvalidInput("schedule", "the network has no schedule: give it one by an update")
        schedule = network.schedule.model_copy(update={"enabled": enabled})
        draft = draft_of(network).model_copy(update={"schedule": schedule})
        return self.update(project=project, identifier=identifier, draft=draft, expected=expected, now=now)

    def _check_authority(self, project: str, draft: NetworkDraft, now: datetime) -> None:
        """What is to be scanned by itself is refused to who asks, not to a clock at night. Raises OutOfScope."""
        self.bounds.lean(project, draft.targets, self.bounds.excluded(draft.exclusions), at=now)

    def _addresses(self, draft: NetworkDraft, current: Network) -> tuple[str, ...]:
        """Of the hostnames that are excluded from now on; of all where a scan is live, for what it is told replaces what it knew.

        Raises InvalidInput.
        """
        names = parse_exclusions(draft.exclusions, field="exclusions").hostnames
        if names and not any(self.scans.live_of(current.project, current.id)):
            before = parse_exclusions(current.exclusions, field="exclusions").hostnames
            names = tuple(name for name in names if name not in before)
        return addresses_of(names, self.resolver, field="exclusions")

    def delete(self, *, project: str, identifier: str, expected: int) -> None:
        """Raises NotFound, StaleVersion, ScanInProgress. Its scans, exposures and alerts stay to be read."""
        network = self.networks.get(project, identifier)
        if network.version != expected:
            raise StaleVersion(
                f"the network is at version {network.version}, not {expected}", current=network.model_dump(mode="json")
            )
        if live := self.scans.live(project, identifier):
            raise ScanInProgress("a scan of the network is live: cancel it or wait for its end", current={"scan": live})
        self.scheduler.delete(identifier)
        self.networks.delete(project, identifier, expected=expected)


def draft_of(network: Network) -> NetworkDraft:
    return NetworkDraft(**{name: getattr(network, name) for name in NetworkDraft.model_fields})


def validate_draft(draft: NetworkDraft, *, admit_loopback: bool) -> None:
    """Raises InvalidInput or OutOfScope with the field at fault."""
    targets = parse_targets(draft.targets, field="targets", admit_loopback=admit_loopback)
    exclusions = parse_exclusions(draft.exclusions, field="exclusions")
    check_scope(targets, exclusions, admit_loopback=admit_loopback)
    if len(set(draft.protocols)) < len(draft.protocols):
        raise InvalidInput("protocols", "a protocol is named twice: name each once")
    for protocol in draft.protocols:
        parse_ports(draft.ports, protocol=protocol, field="ports")
    _check_scripts(draft)
    _check_os_detection(draft)
    validate_alert_settings(draft.alerts)
    if draft.schedule is not None:
        validate_schedule(draft.schedule)


def _check_scripts(draft: NetworkDraft) -> None:
    asks = profile_named(draft.profile).service_detection
    validate_scripts(draft.scripts, field="scripts")
    if draft.scripts.any and not asks:
        raise InvalidInput(
            "scripts", f"profile {draft.profile!r} asks open ports nothing: take another profile, or no scripts"
        )


def _check_os_detection(draft: NetworkDraft) -> None:
    """A guess comes with the identification of open TCP ports, and only where that is by raw packets."""
    if not draft.os_detection:
        return
    if Protocol.TCP not in draft.protocols:
        raise InvalidInput("os_detection", "systems are guessed by open TCP ports: scan these too, or turn it off")
    if identifies(profile_named(draft.profile), Target()).engine is not Engine.NMAP_SYN_SERVICES:
        raise InvalidInput(
            "os_detection",
            f"profile {draft.profile!r} guesses no systems, which takes service detection by raw packets: take another "
            "profile, or turn it off",
        )


def _check_window(draft: NetworkDraft, now: datetime) -> None:
    if draft.window is not None:
        validate_window(draft.window, now=now)


def _is_scheduled(draft: NetworkDraft) -> bool:
    return draft.enabled and draft.schedule is not None and draft.schedule.enabled
