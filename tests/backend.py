"""The two tables and the bucket, in memory, with every store over them; and the few things that most tests begin with."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.adapters.results import Results
from functions.core.ids import new_id
from functions.core.network import AlertSettings, Network, Schedule
from functions.core.profile import PROFILES
from functions.core.scan import Cause, Scan, Snapshot
from functions.store import keys
from functions.store.alerts import Alerts
from functions.store.allotments import Allotments
from functions.store.authorities import Authorities, Exclusions
from functions.store.exposures import Exposures
from functions.store.halts import Halts
from functions.store.ledger import Ledger
from functions.store.listeners import Listeners
from functions.store.live import Live
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.scans import Scans
from functions.store.table import Table
from functions.store.ticks import Ticks
from functions.usecases.bounds import Bounds
from tests.core.authorities import everywhere
from tests.moto_answers import one_by_one

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BUCKET = "results"
_INDEXES = ("gsi1", "gsi2")


@dataclass
class Clock:
    """A clock that moves only when told; pausing moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Backend:
    table: Table
    live_table: Table
    results: Results
    clock: Clock = field(default_factory=Clock)
    project: str = field(default_factory=lambda: new_id(NOW))

    def __post_init__(self) -> None:
        self.networks = Networks(self.table)
        self.scans = Scans(self.table)
        self.ledger = Ledger(self.table)
        self.halts = Halts(self.table)
        self.projects = Projects(self.table)
        self.allotments = Allotments(self.table)
        self.exposures = Exposures(self.table)
        self.alerts = Alerts(self.table)
        self.ticks = Ticks(self.table)
        self.live = Live(self.live_table)
        self.listeners = Listeners(self.live_table, clock=self.clock)
        self.bounds = Bounds(authorities=Authorities(self.table), exclusions=Exclusions(self.table))
        self.bounds.authorities.create(everywhere(self.project))

    def forbid(self) -> None:
        """Nothing is allowed any more, until somebody records an authority."""
        for each in self.bounds.authorities.all(self.project):
            self.table.delete(keys.authorities(self.project), each.id)

    def network(
        self, *targets: str, baseline: str = "silent", schedule: str = "", schedule_on: bool = True, **fields: Any
    ) -> Network:
        """A network, stored."""
        network = Network.model_validate(
            {
                "id": new_id(NOW),
                "project": self.project,
                "name": "office",
                "targets": targets or ("10.0.0.0/30",),
                "ports": "22,80",
                "alerts": AlertSettings.model_validate({"baseline": baseline}),
                "schedule": Schedule(expression=schedule, enabled=schedule_on) if schedule else None,
                "created": NOW,
                "updated": NOW,
                **fields,
            }
        )
        self.networks.create(network)
        return network

    def scan(self, network: Network, **fields: Any) -> Scan:
        """A planned scan of the whole network, stored as its live one."""
        snapshot = Snapshot(
            targets=network.targets,
            exclusions=network.exclusions,
            ports=network.ports,
            protocols=network.protocols,
            profile=PROFILES[network.profile],
            rate=network.rate,
        )
        scan = Scan.model_validate(
            {
                "id": new_id(NOW),
                "project": network.project,
                "network": network.id,
                "cause": Cause(kind="api", principal="somebody", key="1"),
                "snapshot": snapshot,
                "created": NOW,
                **fields,
            }
        )
        self.scans.create_live(scan)
        return scan

    def reread(self, scan: Scan) -> Scan:
        return self.scans.get(scan.project, scan.id)


@pytest.fixture(scope="module")
def aws_clients() -> Iterator[tuple[Any, Any]]:
    """Made once in a module: boto3 takes longer over a client than most tests over their work."""
    with mock_aws(), one_by_one():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        yield boto3.client("dynamodb", region_name="us-east-1"), s3


@pytest.fixture
def backend(aws_clients: tuple[Any, Any]) -> Backend:
    dynamodb, s3 = aws_clients
    names = tuple(f"{kind}-{new_id(NOW)}" for kind in ("table", "live"))
    for name in names:
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_keys("pk", "sk"),
            AttributeDefinitions=[
                {"AttributeName": attribute, "AttributeType": "S"}
                for attribute in ("pk", "sk", *(f"{index}{part}" for index in _INDEXES for part in ("pk", "sk")))
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": _keys(f"{index}pk", f"{index}sk"),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in _INDEXES
            ],
        )
    return Backend(Table(dynamodb, names[0]), Table(dynamodb, names[1]), Results(s3, BUCKET))


def _keys(hash_key: str, range_key: str) -> Any:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]
