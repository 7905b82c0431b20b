"""What the chunks of a layout are expected to take and to use: the pace of the worker, over all of a scan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from functions.core.addresses import Version, address_of
from functions.core.intervals import IntervalSet
from functions.core.layout import Cut, Demand, Layout
from functions.core.pace import (
    INGEST_GB,
    LAMBDA_GB,
    SCAN_STEPS,
    SILENT_ASKED,
    Work,
    bytes_sent,
    checkpoints,
    discovery_seconds,
    runs,
    scan_seconds,
)
from functions.core.prices import MINUTE_S, Usage
from functions.core.profile import Profile
from functions.core.targets import TargetSet

_HEARTBEAT_S, _PROGRESS_S = 3.0, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is there of a whole scan, and how things go."""

    hosts: float
    open_ports: float
    unnamed: float
    """The share of the open ports that nmap is asked about a second time."""
    start_s: float
    """From a task's launch to its claim."""
    steps_s: float
    """Of the workflow around a task."""
    pace: float = 1.0
    """Times what the worker's parts take."""
    resend: float = 1.0
    """Times the packets that are planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be scanned, and how; `public`: the share of the targets that is on the internet."""

    demands: Sequence[Demand]
    profile: Profile
    public: float


def wall_seconds(errand: Errand, layout: Layout, case: Case) -> float:
    """Rounds of chunks side by side; no shorter than its longest chunk."""
    lengths = [
        (count, case.steps_s + case.start_s + case.pace * scan_seconds(work))
        for count, work in _works(errand, layout, case)
    ]
    chunks = sum(count for count, _ in lengths)
    mean = sum(count * seconds for count, seconds in lengths) / chunks
    rounds = ceil(chunks / layout.tasks)
    return SCAN_STEPS * case.steps_s + max(rounds * mean, *(seconds for _, seconds in lengths))


def usage_of(errand: Errand, layout: Layout, case: Case) -> Usage:
    """All chunks of the scan, and its own steps."""
    total = dict.fromkeys(Usage.model_fields, 0.0)
    for count, work in _works(errand, layout, case):
        for name, amount in dict(_of_chunk(work, case, public=errand.public)).items():
            total[name] += count * amount
    for name, amount in dict(_of_scan(layout)).items():
        total[name] += amount
    return Usage(**total)


def sampled_cells(errand: Errand, layout: Layout, case: Case) -> int:
    """Of which chunks are large enough that a sample tells how many open ports were missed."""
    works = (work for _, work in _works(errand, layout, case))
    return sum(demand.assets * demand.ports for demand, work in zip(errand.demands, works, strict=True) if work.sampled)


def public_share(targets: TargetSet) -> float:
    """The share of the addresses that is on the internet; names count as if they were."""
    total = targets.count
    outside = len(targets.hostnames) + _global(targets.v4, 4) + _global(targets.v6, 6)
    return outside / total if total else 0.0


def _global(addresses: IntervalSet, version: Version) -> int:
    """By the first address of each range: ranges that are partly private are rare, and this is an estimate."""
    return sum(last - first + 1 for first, last in addresses.ranges if address_of(first, version).is_global)


def on_spot(used: Usage) -> Usage:
    """As if AWS took nothing back, and had always some to spare."""
    return used.model_copy(update={"spot_seconds": used.task_seconds})


def _works(errand: Errand, layout: Layout, case: Case) -> Iterator[tuple[int, Work]]:
    """How many chunks of each kind, and what one of them has to do."""
    assets = sum(demand.assets for demand in errand.demands)
    cells = sum(demand.assets * demand.ports for demand in errand.demands)
    for demand, cut in zip(errand.demands, layout.cuts, strict=True):
        yield cut.chunks, _work(demand, cut, layout.share, errand.profile, case, assets=assets, cells=cells)


def _work(demand: Demand, cut: Cut, rate: int, profile: Profile, case: Case, *, assets: int, cells: int) -> Work:
    addresses, ports = demand.addresses / cut.asset_parts, demand.ports / cut.port_parts
    share = demand.assets * demand.ports / cells / cut.chunks
    hosts = min(addresses, case.hosts * demand.assets / assets / cut.asset_parts)
    first = profile.host_discovery.probes
    return Work(
        protocol=demand.protocol,
        addresses=max(hosts, 1.0) if first else addresses,
        ports=ports,
        retries=profile.retries,
        rate=rate,
        hosts=hosts,
        open_ports=case.open_ports * share,
        unnamed=case.unnamed,
        services=profile.service_detection,
        discovery=profile.discovery,
        host_probes=first * (hosts + SILENT_ASKED * (addresses - hosts)),
    )


def _of_chunk(work: Work, case: Case, *, public: float) -> Usage:
    seconds = case.pace * scan_seconds(work)
    task = case.start_s + seconds
    told = min(work.open_ports, 500) + min(seconds, discovery_seconds(work)) / _PROGRESS_S
    blocks = ceil(work.addresses / 256)
    packets = max(work.cells, work.probes * case.resend) + work.host_probes
    sent = bytes_sent(work, packets)
    return Usage(
        tasks=1,
        task_seconds=max(MINUTE_S, task),
        lambda_requests=3,
        lambda_gb_seconds=2 * 0.15 * LAMBDA_GB + (0.5 + 0.01 * work.open_ports + 0.02 * blocks) * INGEST_GB,
        transitions=7,
        read_units=25 + 6 * seconds / _HEARTBEAT_S + 3 * blocks + work.open_ports,
        write_units=20 + 2 * seconds / _HEARTBEAT_S + told + 2 * blocks + work.hosts,
        s3_puts=1 + runs(work) + checkpoints(seconds),
        s3_gets=4,
        log_bytes=4_000 + 200 * seconds,
        packets=packets,
        bytes_sent=sent,
        bytes_out=public * sent,
        bytes_stored=4_000 + 400 * work.open_ports,
    )


def _of_scan(layout: Layout) -> Usage:
    """Planning, the lanes, the end, the review."""
    chunks = layout.chunks
    return Usage(
        lambda_requests=4,
        lambda_gb_seconds=(2 + chunks * 0.03) * INGEST_GB,
        transitions=2 + 2 * layout.tasks,
        read_units=40 + 3 * chunks,
        write_units=10 + 4 * chunks,
        s3_puts=3 + chunks,
        s3_gets=1 + chunks,
        log_bytes=20_000,
    )
