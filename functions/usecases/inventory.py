"""What the inventory knows of one asset: in one network, and across the networks of a project."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from functions.core.block import Block
from functions.core.errors import NotFound, StaleVersion
from functions.core.exposure import Exposure
from functions.core.history import HistoryEntry
from functions.core.host import Host, HostPatch
from functions.core.model import Id, Model, Protocol, Time
from functions.core.network import Network
from functions.store.coverage_maps import CoverageMaps
from functions.store.cursor import Page
from functions.store.exposures import Exposures
from functions.store.history import History
from functions.store.hosts import Hosts

MAX_EXPOSURES = 200


class Sighting(Model):
    """What one network knows of an asset."""

    network: Id
    name: str
    host: Host | None = None
    last_seen: Time | None = None
    exposures: tuple[Exposure, ...] = ()
    more: bool = False
    """Whether it has more exposures than are told here: list them with the asset as filter."""


@dataclass(frozen=True)
class Subject:
    """Whose history: an asset with all its ports, or one of them."""

    asset: str
    protocol: Protocol = Protocol.TCP
    port: int | None = None


@dataclass(frozen=True, kw_only=True)
class Inventory:
    hosts: Hosts
    exposures: Exposures
    coverage: CoverageMaps
    history: History

    def last_seen(self, host: Host) -> datetime:
        """When it last answered: of one that is up the last time that it was covered, of one that is down its last change at most."""
        block = Block.of(host.asset)
        offset = block.offset(host.asset)
        maps = (self.coverage.get(host.project, host.network, block, each) for each in Protocol)
        covered = (each.stamp.last for one in maps for each in one.segments if offset in each.assets)
        return max((host.last_changed, *covered)) if host.up else host.last_changed

    def edit_host(self, host: Host, patch: HostPatch, *, expected: int, by: str, now: datetime) -> Host:
        """What users say of it, with who says so. Raises StaleVersion with the current host."""
        if host.version != expected:
            message = f"the host is at version {host.version}, not {expected}: read it and edit that"
            raise StaleVersion(message, current=host.model_dump(mode="json"))
        changes = {name: value for name, value in dict(patch).items() if value is not None}
        if all(getattr(host, name) == value for name, value in changes.items()):
            return host
        who = {"edited": now, "edited_by": by, "version": host.version + 1}
        edited = host.model_copy(update={**changes, **who})
        self.hosts.save(edited)
        return edited

    def sightings(self, networks: Iterable[Network], asset: str) -> tuple[Sighting, ...]:
        """Of those of the networks that know the asset."""
        found = (self._sighting(network, asset) for network in networks)
        return tuple(each for each in found if each.host or each.exposures)

    def history_of(
        self, project: str, network: str, subject: Subject, *, limit: int, cursor: str
    ) -> Page[HistoryEntry]:
        """Newest first. Raises InvalidInput."""
        if subject.port is None:
            return self.history.of_host(project, network, subject.asset, limit=limit, cursor=cursor)
        asset, protocol, port = subject.asset, subject.protocol, subject.port
        return self.history.of_exposure(project, network, asset, protocol, port, limit=limit, cursor=cursor)

    def _sighting(self, network: Network, asset: str) -> Sighting:
        page = self.exposures.list(network.project, network.id, address=asset, limit=MAX_EXPOSURES)
        try:
            host = self.hosts.get(network.project, network.id, asset)
        except NotFound:
            host = None
        return Sighting(
            network=network.id,
            name=network.name,
            host=host,
            last_seen=self.last_seen(host) if host else None,
            exposures=page.items,
            more=bool(page.next_cursor),
        )
