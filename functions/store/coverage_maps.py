"""Coverage maps: one item for each network, block and protocol, packed so that it stays small."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.core.block import Block
from functions.core.coverage import Method
from functions.core.coverage_map import CoverageMap, Segment, Stamp
from functions.core.errors import Conflict, Unavailable
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from functions.store import keys
from functions.store.conditions import IS_NEW, version_is
from functions.store.table import ConditionFailed, Table

MAX_BYTES = 380 * 1024
"""A DynamoDB item holds 400 KB."""
TRIES = 10


@dataclass(frozen=True)
class _Kept:
    map: CoverageMap
    version: int


class CoverageMaps:
    def __init__(self, table: Table) -> None:
        self.table = table

    def get(self, project: str, network: str, block: Block, protocol: Protocol) -> CoverageMap:
        """Empty for a block that was never covered."""
        return self._read(*_key(project, network, block, protocol)).map

    def change(
        self,
        project: str,
        network: str,
        block: Block,
        protocol: Protocol,
        change: Callable[[CoverageMap], CoverageMap],
    ) -> None:
        """Applies `change` to the map as it is now, again where another writer gets between; writes only what differs.

        Raises Conflict for a map that would outgrow its item, Unavailable.
        """
        pk, sk = _key(project, network, block, protocol)
        for _ in range(TRIES):
            kept = self._read(pk, sk)
            changed = change(kept.map)
            if changed == kept.map:
                return
            fields = {"project": project, "network": network, "block": block.first, "protocol": str(protocol)}
            item = {**fields, "segments": _packed(changed), "version": kept.version + 1, keys.PK: pk, keys.SK: sk}
            try:
                self.table.put(item, version_is(kept.version) if kept.version else IS_NEW)
            except ConditionFailed:
                continue
            return
        raise Unavailable(f"the coverage of {block.first} keeps changing under our hands")

    def _read(self, pk: str, sk: str) -> _Kept:
        item = self.table.find(pk, sk)
        return _Kept(_unpacked(item["segments"]), item["version"]) if item else _Kept(CoverageMap(), 0)


def _key(project: str, network: str, block: Block, protocol: Protocol) -> tuple[str, str]:
    pk = keys.coverage(project, network, keys.bucket_of(block.first))
    return pk, keys.coverage_block(keys.block_of(block.first), protocol)


def _packed(coverage: CoverageMap) -> bytes:
    stamps = list(dict.fromkeys(segment.stamp for segment in coverage.segments))
    place = {stamp: index for index, stamp in enumerate(stamps)}
    document = {
        "version": 1,
        "stamps": [[each.last.isoformat(), each.scan, each.chunk, each.attempt, each.how] for each in stamps],
        "segments": [
            [each.assets.ranges, each.ports.ranges, each.first.isoformat(), place[each.stamp]]
            for each in coverage.segments
        ],
    }
    packed = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 9)
    if len(packed) > MAX_BYTES:
        raise Conflict(f"a coverage map of {len(packed)} bytes does not fit its item")
    return packed


def _unpacked(packed: bytes) -> CoverageMap:
    document = json.loads(zlib.decompress(packed))
    stamps = [
        Stamp(datetime.fromisoformat(last), scan, chunk, attempt, Method(how))
        for last, scan, chunk, attempt, how in document["stamps"]
    ]
    return CoverageMap(
        tuple(
            Segment(_set(assets), _set(ports), datetime.fromisoformat(first), stamps[stamp])
            for assets, ports, first, stamp in document["segments"]
        )
    )


def _set(ranges: list[list[int]]) -> IntervalSet:
    return IntervalSet(tuple((first, last) for first, last in ranges))
