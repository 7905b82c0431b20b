"""Small snapshots, plans and chunk specs for the tests of planning and scope."""

from datetime import UTC, datetime

from functions.core.choice import Means
from functions.core.ids import derived_id
from functions.core.messages import AddressRange, ChunkSpec, PinnedHost
from functions.core.model import Protocol
from functions.core.planner import Plan, plan
from functions.core.prices import Machine
from functions.core.profile import PROFILES
from functions.core.scan import Known, Snapshot

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PROJECT = derived_id(AT, "project")
NETWORK = derived_id(AT, "network")
SCAN = derived_id(AT, "scan")
MACHINE = Machine(
    region="us-east-1", vcpu=1, memory_gb=2, architecture="x86_64", lambda_architecture="arm64", public_address=True
)


def means(*, max_tasks: int = 8, chunk_seconds: int = 60, deadline_s: int = 900, start_s: float = 40) -> Means:
    return Means(
        machine=MACHINE,
        max_tasks=max_tasks,
        chunk_seconds=chunk_seconds,
        deadline_s=deadline_s,
        start_s=start_s,
        steps_s=3,
    )


def snapshot(
    *targets: str,
    exclusions: tuple[str, ...] = (),
    ports: str = "1-100",
    protocols: tuple[Protocol, ...] = (Protocol.TCP,),
    rate: int = 1000,
    hosts: tuple[PinnedHost, ...] = (),
    profile: str = "standard",
    deadline_minutes: int | None = None,
    known: Known | None = None,
) -> Snapshot:
    return Snapshot(
        targets=targets,
        exclusions=exclusions,
        ports=ports,
        protocols=protocols,
        profile=PROFILES[profile],
        rate=rate,
        hosts=hosts,
        deadline_minutes=deadline_minutes,
        known=known,
    )


def planned(of: Snapshot, *, max_tasks: int = 8, chunk_seconds: int = 60, admit_loopback: bool = False) -> Plan:
    return plan(
        project=PROJECT,
        network=NETWORK,
        scan=SCAN,
        snapshot=of,
        means=means(max_tasks=max_tasks, chunk_seconds=chunk_seconds),
        lease_s=960,
        admit_loopback=admit_loopback,
    )


def pinned(name: str, *addresses: str) -> PinnedHost:
    return PinnedHost(name=name, addresses=addresses)


def spec(
    *ranges: tuple[str, str],
    hosts: tuple[PinnedHost, ...] = (),
    exclusions: tuple[tuple[str, str], ...] = (),
    ports: str = "22,80-90",
    protocol: Protocol = Protocol.TCP,
) -> ChunkSpec:
    return ChunkSpec(
        project=PROJECT,
        network=NETWORK,
        scan=SCAN,
        chunk="00000",
        addresses=tuple(AddressRange(first=first, last=last) for first, last in ranges),
        hosts=hosts,
        protocol=protocol,
        ports=ports,
        exclusions=tuple(AddressRange(first=first, last=last) for first, last in exclusions),
        profile=PROFILES["standard"],
        rate=100,
        deadline_s=900,
        lease_s=960,
    )
