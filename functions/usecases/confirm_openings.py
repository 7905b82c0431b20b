"""Confirm what a scan found open: a second, slower look at some of its cells, as a scan of its own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.adapters.workflow import Workflow
from functions.core.errors import AlreadyExists, InvalidInput, NotFound
from functions.core.ids import derived_id
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.ports import PortSet, parse_ports
from functions.core.profile import CONFIRM
from functions.core.scan import LIVE, Cause, CellRef, Scan, ScanStatus
from functions.store.halts import Halts
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.usecases.bounds import Bounds
from functions.usecases.start_scan import snapshot_of

MAX_CELLS = 1000
"""The rest waits for the next scan, which confirms as well."""
PRINCIPAL = "confirm"


@dataclass(frozen=True, kw_only=True)
class ConfirmOpenings:
    """Goes on beside the network's live scan: it holds nobody back, and nobody it."""

    networks: Networks
    scans: Scans
    halts: Halts
    workflow: Workflow
    bounds: Bounds

    def __call__(
        self, *, project: str, network: str, scan: str, cells: Sequence[CellRef], now: datetime
    ) -> Scan | None:
        """The confirmation of `scan`, which may have one; the one made before where it is asked again, whatever the cells.

        None: there is nothing to confirm, or a halt is in force: the next scan confirms as well. Cells that the network does
        not hold by now, or that no authority covers, are left out, and so is everything of a network that is gone or off. Raises NotFound for a scan that is unknown or another network's, InvalidInput
        for one that has not ended or is a confirmation itself, Unavailable (ask again).
        """
        confirmed = self._confirmed(project, network, scan)
        identifier = derived_id(confirmed.ended or confirmed.created, project, network, "confirm", scan)
        made = self._made(project, identifier) or self._record(confirmed, identifier, cells, now)
        if made is not None and made.status is ScanStatus.PLANNED and not made.stop:
            self.workflow.start(project=project, scan=made.id, run=made.run)
        return made

    def _confirmed(self, project: str, network: str, scan: str) -> Scan:
        found = self.scans.get(project, scan)
        if found.network != network:
            raise NotFound(f"there is no scan {scan} of this network")
        if found.kind == "confirm":
            raise InvalidInput("scan", "a confirmation is not confirmed again")
        if found.status in LIVE:
            raise InvalidInput("scan", "a scan is confirmed once it has ended")
        return found

    def _made(self, project: str, identifier: str) -> Scan | None:
        """None: nobody has asked before."""
        try:
            return self.scans.get(project, identifier)
        except NotFound:
            return None

    def _record(self, confirmed: Scan, identifier: str, cells: Sequence[CellRef], now: datetime) -> Scan | None:
        if self.halts.over(confirmed.project):
            return None
        try:
            network = self.networks.get(confirmed.project, confirmed.network)
        except NotFound:
            return None  # nobody watches it any more
        exclusions = self.bounds.excluded(network.exclusions)
        kept = tuple(self._in_scope(network, exclusions, cells, now)) if network.enabled else ()
        if not kept:
            return None
        targets = tuple(dict.fromkeys(cell.asset for cell in kept))
        asked = {
            "targets": targets,
            "exclusions": exclusions,
            "authorities": self.bounds.lean(network.project, targets, exclusions, at=now),
            "ports": PortSet.of(cell.port for cell in kept).canonical(),
            "protocols": tuple(each for each in network.protocols if any(each == cell.protocol for cell in kept)),
            "profile": CONFIRM,
            "rate": network.rate,
            "cells": kept,
        }
        scan = Scan(
            id=identifier,
            project=confirmed.project,
            network=confirmed.network,
            kind="confirm",
            cause=Cause(kind="confirm", principal=PRINCIPAL, key=confirmed.id),
            snapshot=snapshot_of(network).model_copy(update=asked),
            created=now,
        )
        try:
            self.scans.create_beside(scan)
        except AlreadyExists:
            return self.scans.get(scan.project, scan.id)
        return scan

    def _in_scope(
        self, network: Network, exclusions: Sequence[str], cells: Iterable[CellRef], now: datetime
    ) -> Iterator[CellRef]:
        """The first MAX_CELLS that the network holds as it stands, and that an authority covers now."""
        left = self.bounds.left(network.targets, exclusions)
        allowed = self.bounds.cover(network.project, at=now).common(left)
        ports = {each: parse_ports(network.ports, protocol=Protocol(each), field="ports") for each in network.protocols}
        kept = dict.fromkeys(
            cell
            for cell in cells
            if allowed.contains(cell.asset) and cell.protocol in ports and cell.port in ports[cell.protocol]
        )
        for _, cell in zip(range(MAX_CELLS), kept, strict=False):
            yield cell
