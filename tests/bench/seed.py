"""A large estate as ingest and evaluate would have left it, written straight into the table of a deployed stack."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address
from itertools import islice
from typing import Any

from functions.core.block import Block, blocks_of
from functions.core.coverage import Method
from functions.core.coverage_map import CoverageMap, Segment, Stamp
from functions.core.exposure import Change, ChangeKind, Exposure, ExposureState
from functions.core.host import Host
from functions.core.ids import derived_id
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from functions.core.ports import PortSet
from functions.core.service import Service
from functions.store import keys
from functions.store.attributes import Item, encode_item, to_item
from functions.store.coverage_maps import CoverageMaps
from functions.store.table import Table
from tests.e2e.stage_hand import Operator

FIRST = int(IPv4Address("10.128.0.0"))
OPEN = (22, 25, 53, 80, 110, 143, 389, 443, 587, 993)
"""Open on every host."""
PORTS = "1-1000"
SERVICES = {port: Service(name=f"service-{port}", product="Product", version="1.0", confidence=10) for port in OPEN}
_BATCH = 25


@dataclass(frozen=True)
class Estate:
    """`exposures`: how many; each host has as many as `OPEN` names."""

    project: str
    network: str
    exposures: int
    at: datetime

    @property
    def hosts(self) -> int:
        return self.exposures // len(OPEN)

    @property
    def targets(self) -> str:
        return f"{IPv4Address(FIRST)}-{IPv4Address(FIRST + self.hosts - 1)}"

    @property
    def scan(self) -> str:
        return derived_id(self.at, self.project, "the first coverage")

    def assets(self) -> Iterator[str]:
        return (str(IPv4Address(number)) for number in range(FIRST, FIRST + self.hosts))

    def items(self) -> Iterator[Item]:
        for asset in self.assets():
            host = Host(
                project=self.project,
                network=self.network,
                asset=asset,
                addresses=(asset,),
                reason="syn-ack",
                scan=self.scan,
                first_seen=self.at,
                last_changed=self.at,
            )
            yield to_item(host, keys.hosts(self.project, self.network, keys.bucket_of(asset)), keys.asset_key(asset))
            for port in OPEN:
                yield to_item(
                    self.exposure(asset, port),
                    keys.exposures(self.project, self.network, keys.bucket_of(asset)),
                    keys.exposure(asset, Protocol.TCP, port),
                )

    def exposure(self, asset: str, port: int) -> Exposure:
        change = Change(
            kind=ChangeKind.OPENED,
            baseline=True,
            scan=self.scan,
            chunk="00000",
            attempt=1,
            at=self.at,
            how=Method.SYN,
        )
        return Exposure(
            project=self.project,
            network=self.network,
            asset=asset,
            address=asset,
            protocol=Protocol.TCP,
            port=port,
            state=ExposureState.OPEN,
            flips=(self.at,),
            service=SERVICES[port],
            first_seen=self.at,
            last_changed=self.at,
            change=change,
            opening=change,
        )

    def cover(self, maps: CoverageMaps) -> None:
        """All of `PORTS` on all hosts, covered once."""
        stamp = Stamp(self.at, self.scan, "00000", 1, Method.SYN)
        ports = PortSet.from_canonical(PORTS).numbers
        whole = IntervalSet(((FIRST, FIRST + self.hosts - 1),))
        for block, offsets in blocks_of(whole, 4):
            self._cover(maps, block, Segment(offsets, ports, self.at, stamp))

    def _cover(self, maps: CoverageMaps, block: Block, segment: Segment) -> None:
        def covered(kept: CoverageMap) -> CoverageMap:
            return kept.overlay([segment])

        maps.change(self.project, self.network, block, Protocol.TCP, covered)


def write(table: Table, items: Iterable[Item]) -> int:
    """How many were written."""
    written, rest = 0, iter(items)
    while group := list(islice(rest, _BATCH)):
        requests: Any = {table.name: [{"PutRequest": {"Item": encode_item(item)}} for item in group]}
        while requests:
            requests = table.client.batch_write_item(RequestItems=requests)["UnprocessedItems"]
        written += len(group)
    return written


@contextmanager
def unheard(operator: Operator, *rows: str) -> Iterator[None]:
    """What is written meanwhile is never given to these stream consumers: as if it had been so long ago."""
    functions = operator.aws("lambda")
    mappings = [
        mapping
        for row in rows
        for mapping in functions.list_event_source_mappings(FunctionName=operator.functions[row]["FunctionName"])[
            "EventSourceMappings"
        ]
    ]
    for mapping in mappings:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
    try:
        yield
    finally:
        for mapping in mappings:
            functions.create_event_source_mapping(
                EventSourceArn=mapping["EventSourceArn"],
                FunctionName=mapping["FunctionArn"],
                StartingPosition="LATEST",
                BatchSize=mapping["BatchSize"],
                FilterCriteria=mapping["FilterCriteria"],
            )
