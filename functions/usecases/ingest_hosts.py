"""Ingest what a chunk's result tells of hosts, and say which of them answer on everything."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from functions.core.block import Block
from functions.core.block_evidence import BlockEvidence, Cell, Seen
from functions.core.coverage_map import CoverageMap
from functions.core.errors import StaleVersion, Unavailable
from functions.core.host import Host
from functions.core.host_record import Sighting, seen_host
from functions.core.intervals import EMPTY, IntervalSet
from functions.core.messages import ChunkSpec
from functions.core.model import Protocol
from functions.core.ports import PortSet
from functions.core.result_look import Looks
from functions.store.coverage_maps import CoverageMaps
from functions.store.hosts import Hosts
from functions.usecases.side_by_side import TRIES, side_by_side


@dataclass(frozen=True, kw_only=True)
class IngestHosts:
    hosts: Hosts
    coverage: CoverageMaps

    def __call__(
        self, spec: ChunkSpec, block: BlockEvidence, seen: dict[Cell, Seen], before: CoverageMap, *, began: datetime
    ) -> frozenset[int]:
        """Offsets of the hosts that answer on everything. `began`: what was covered since then was by this scan."""
        if not block.hosts:
            return frozenset()
        assets = sorted(block.hosts, key=block.block.offset)
        found = self.hosts.of_block(spec.project, spec.network, assets[0], assets[-1])
        known = {host.asset: host for host in found}
        looks = Looks(block, seen, before, PortSet.from_canonical(spec.ports))
        covered = self._covered_before(spec, block.block, before, began) if set(assets) - known.keys() else EMPTY
        sightings = [
            Sighting(
                project=spec.project,
                network=spec.network,
                scan=spec.scan,
                lines=block.hosts[asset],
                baseline=block.block.offset(asset) not in covered,
                look=looks.of(asset, known.get(asset)),
            )
            for asset in assets
        ]
        hosts = side_by_side(partial(self._ingest, known), sightings)
        return frozenset(block.block.offset(each.asset) for each in hosts if each and each.answers_everything)

    def _covered_before(self, spec: ChunkSpec, block: Block, before: CoverageMap, began: datetime) -> IntervalSet:
        """Offsets of the assets of which an earlier scan covered a cell, over whatever protocol."""
        others = (
            self.coverage.get(spec.project, spec.network, block, each) for each in Protocol if each != spec.protocol
        )
        return IntervalSet.from_ranges(
            stretch
            for each in (before, *others)
            for segment in each.segments
            if segment.first < began
            for stretch in segment.assets.ranges
        )

    def _ingest(self, known: dict[str, Host], sighting: Sighting) -> Host | None:
        """The host as it stands; None for one that was never up."""
        asset = sighting.lines[0].asset
        host = known.get(asset)
        for _ in range(TRIES):
            changed = seen_host(host, sighting)
            if changed is None:
                return host
            try:
                self.hosts.save(changed)
            except StaleVersion as stale:
                host = Host.model_validate(stale.current) if stale.current else None
                continue
            return changed
        raise Unavailable(f"the record of {asset} keeps changing under our hands")
