"""What the simulator scans: a network that makes so many chunks, planned by the real planner, and the work in each."""

import random
from datetime import UTC, datetime
from ipaddress import IPv4Address
from math import ceil

from functions.core.choice import Means
from functions.core.chunk import Chunk
from functions.core.chunk_spec import cells_of, summary_of
from functions.core.ids import derived_id
from functions.core.messages import ChunkSpec
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.pace import Work, added_seconds, scan_seconds
from functions.core.planner import Plan, plan, shape_of
from functions.core.scan import Known, Snapshot
from functions.core.targets import parse_targets
from functions.usecases.start_scan import snapshot_of
from tests.bench.simulated_aws import MACHINE, STAGE

BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PROJECT, NETWORK = derived_id(BEGAN, "project"), derived_id(BEGAN, "network")
FIRST, PORTS, OPEN = "10.0.0.0", "top-1000", 20.0
"""Every address is known to be up, with so many open ports: an estate whose services take more tasks than its packets do."""
UNNAMED = 0.15
"""Of the open ports, that nmap is asked about a second time."""
ADDRESSES_A_CHUNK = int(STAGE.chunk_seconds / added_seconds(Protocol.TCP, hosts=1, open_ports=OPEN))
SENDING = 0.5
"""Of a chunk's time: at such a rate the packets of all tasks do not bound it."""


def network(tasks: int, chunks: int) -> Network:
    """As large as the planner makes so many chunks of."""
    addresses = ADDRESSES_A_CHUNK * chunks
    probes = addresses * 1000 * 2
    return Network(
        id=NETWORK,
        project=PROJECT,
        name="bench",
        targets=(f"{FIRST}-{IPv4Address(FIRST) + (addresses - 1)}",),
        ports=PORTS,
        rate=tasks * max(1, ceil(probes / (SENDING * STAGE.chunk_seconds * chunks))),
        created=BEGAN,
        updated=BEGAN,
    )


def means(tasks: int) -> Means:
    return Means(
        machine=MACHINE,
        max_tasks=tasks,
        chunk_seconds=STAGE.chunk_seconds,
        deadline_s=STAGE.deadline_s,
        start_s=STAGE.task_start_s,
        steps_s=STAGE.steps_s,
    )


def snapshot(network: Network, tasks: int) -> Snapshot:
    """What is there is known, and the deadline is one that only the whole quota of tasks meets."""
    hosts = parse_targets(network.targets, field="targets", admit_loopback=False).count
    known = Known(hosts=hosts, open_ports=round(hosts * OPEN), unnamed=round(hosts * OPEN * UNNAMED))
    snapshot = snapshot_of(network).model_copy(update={"exclusions": (), "known": known})
    shortest = shape_of(snapshot=snapshot, means=means(tasks), admit_loopback=False).shortest_s
    return snapshot.model_copy(update={"deadline_minutes": ceil(shortest / 60)})


def planned(snapshot: Snapshot, *, tasks: int) -> Plan:
    return plan(
        project=PROJECT,
        network=NETWORK,
        scan=derived_id(BEGAN, "scan"),
        snapshot=snapshot,
        means=means(tasks),
        lease_s=STAGE.lease_s,
        admit_loopback=False,
    )


def work(spec: ChunkSpec, chance: random.Random) -> float:
    """Seconds of a worker: some chunks have many hosts and many have few."""
    ports = 1000
    addresses = cells_of(spec) / ports
    hosts = min(addresses, addresses * chance.lognormvariate(-0.5, 1.0))
    work = Work(
        protocol=spec.protocol,
        addresses=addresses,
        ports=ports,
        retries=spec.profile.retries,
        rate=spec.rate,
        hosts=hosts,
        open_ports=hosts * OPEN,
        unnamed=UNNAMED,
        services=spec.profile.service_detection,
    )
    return scan_seconds(work) * chance.lognormvariate(0, 0.1)


def draft(spec: ChunkSpec) -> Chunk:
    return Chunk(
        project=PROJECT,
        scan=spec.scan,
        chunk=spec.chunk,
        summary=summary_of(spec),
        cells=cells_of(spec),
        rate=spec.rate,
    )
