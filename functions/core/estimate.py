"""What a scan will take and cost, told before it starts: the plan's own chunks, the pace of the worker, AWS's list prices."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Literal

from pydantic import Field

from functions.core.addresses import Version, address_of
from functions.core.intervals import IntervalSet
from functions.core.layout import Cut, Demand, Layout
from functions.core.model import Model
from functions.core.pace import (
    INGEST_GB,
    LAMBDA_GB,
    PACKET_BYTES,
    SCAN_STEPS,
    SERVICE_BYTES,
    SILENT_ASKED,
    Work,
    checkpoints,
    discovery_seconds,
    runs,
    scan_seconds,
)
from functions.core.planner import Preview, Shape
from functions.core.prices import MINUTE_S, Architecture, Bill, Machine, Usage, bill, price_list
from functions.core.profile import Profile
from functions.core.targets import TargetSet


class Spread(Model):
    """A range that the truth is expected in, and what is expected most."""

    low: float
    expected: float
    high: float


class Estimate(Model):
    region: str
    architecture: Architecture
    prices: str = Field(description="The date of the list of prices.")
    based_on: Literal["inventory", "assumption"] = Field(
        description="Where the numbers of hosts and open ports come from: what is known of the network, or a guess."
    )
    chunks: int
    tasks: int = Field(description="Side by side.")
    hosts: Spread
    open_ports: Spread
    minutes: Spread
    packets: Spread
    bytes_sent: Spread
    usd: Spread
    bill: Bill = Field(description="Of what is expected, by service.")


class PricedPreview(Preview):
    estimate: Estimate | None = Field(
        default=None, description="Left out where no prices are known for the region that this runs in."
    )


@dataclass(frozen=True, slots=True)
class Density:
    """How much is there: hosts that are up and open ports, over all targets."""

    hosts: Spread
    open_ports: Spread
    known: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """One of low, expected and high: numbers of the whole scan, and how things go."""

    hosts: float
    open_ports: float
    start_s: float
    steps_s: float
    pace: float
    """Times what the worker's parts take."""
    resend: float
    """Times the packets that are planned."""


# Of a task's start; of the worker's parts; of packets, which a path that loses some makes more.
_LOW, _EXPECTED, _HIGH = (0.5, 0.85, 0.5), (1.0, 1.0, 1.0), (2.5, 1.5, 2.0)
_UP_IN_A_BLOCK = Spread(low=0.05, expected=0.2, high=1.0)
_PORTS_OF_A_HOST = Spread(low=1, expected=4, high=10)
_KNOWN = (0.8, 1.0, 1.25)
_HEARTBEAT_S, _PROGRESS_S = 3.0, 1.0


def density_of(shape: Shape, *, hosts: int = 0, open_ports: int = 0) -> Density:
    """By what the inventory has of the network; a guess where it has nothing: what is named singly is there, a fifth of a block is."""
    if hosts:
        return Density(_times(hosts, *_KNOWN), _times(open_ports, *_KNOWN), known=True)
    single = len(shape.targets.hostnames) + sum(
        last == first for addresses in (shape.targets.v4, shape.targets.v6) for first, last in addresses.ranges
    )
    block = shape.targets.count - single
    up = Spread(**{name: single + block * share for name, share in dict(_UP_IN_A_BLOCK).items()})
    most = sum(ports.count for ports in shape.ports.values())
    return Density(
        up, Spread(**{name: getattr(up, name) * min(most, each) for name, each in dict(_PORTS_OF_A_HOST).items()})
    )


def estimate(
    shape: Shape, profile: Profile, density: Density, machine: Machine, *, start_s: float, steps_s: float
) -> Estimate:
    """`start_s`: seconds from a task's launch to its claim; `steps_s`: of the workflow around it. Raises InvalidInput where the machine's region has no prices."""
    public = _public(shape.targets)
    cases = {
        name: _Case(
            hosts=getattr(density.hosts, name),
            open_ports=getattr(density.open_ports, name),
            start_s=start_s * start,
            steps_s=steps_s * start,
            pace=pace,
            resend=resend,
        )
        for name, (start, pace, resend) in {"low": _LOW, "expected": _EXPECTED, "high": _HIGH}.items()
    }
    used = {name: usage_of(shape, profile, case, public=public) for name, case in cases.items()}
    if machine.spot:
        used |= {name: _on_spot(used[name]) for name in ("low", "expected")}
    minutes = {name: wall_seconds(shape, profile, case) / 60 for name, case in cases.items()}
    bills = {name: bill(each, machine) for name, each in used.items()}
    return Estimate(
        region=machine.region,
        architecture=machine.architecture,
        prices=price_list().date,
        based_on="inventory" if density.known else "assumption",
        chunks=shape.layout.chunks,
        tasks=shape.layout.tasks,
        hosts=density.hosts,
        open_ports=density.open_ports,
        minutes=_spread(minutes, 2),
        packets=_spread({name: each.packets for name, each in used.items()}, 0),
        bytes_sent=_spread({name: _sent(each) for name, each in used.items()}, 0),
        usd=_spread({name: each.total for name, each in bills.items()}, 6),
        bill=bills["expected"],
    )


def usage_of(shape: Shape, profile: Profile, case: _Case, *, public: float) -> Usage:
    """All chunks of the scan, and its own steps. `public`: the share of the targets that is on the internet."""
    total = dict.fromkeys(Usage.model_fields, 0.0)
    for count, work in _works(shape, profile, case):
        for name, amount in dict(_of_chunk(work, case, public=public)).items():
            total[name] += count * amount
    for name, amount in dict(_of_scan(shape.layout)).items():
        total[name] += amount
    return Usage(**total)


def wall_seconds(shape: Shape, profile: Profile, case: _Case) -> float:
    """Rounds of chunks side by side; no shorter than its longest chunk."""
    works = list(_works(shape, profile, case))
    lengths = [(count, case.steps_s + case.start_s + case.pace * scan_seconds(work)) for count, work in works]
    chunks = sum(count for count, _ in lengths)
    mean = sum(count * seconds for count, seconds in lengths) / chunks
    rounds = ceil(chunks / shape.layout.tasks)
    return SCAN_STEPS * case.steps_s + max(rounds * mean, *(seconds for _, seconds in lengths))


def _works(shape: Shape, profile: Profile, case: _Case) -> Iterator[tuple[int, Work]]:
    """How many chunks of each kind, and what one of them has to do."""
    assets = sum(demand.assets for demand in shape.demands)
    cells = sum(demand.assets * demand.ports for demand in shape.demands)
    for demand, cut in zip(shape.demands, shape.layout.cuts, strict=True):
        yield cut.chunks, _work(demand, cut, shape.layout.share, profile, case, assets=assets, cells=cells)


def _work(demand: Demand, cut: Cut, rate: int, profile: Profile, case: _Case, *, assets: int, cells: int) -> Work:
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
        services=profile.service_detection,
        discovery=profile.discovery,
        host_probes=first * (hosts + SILENT_ASKED * (addresses - hosts)),
    )


def _of_chunk(work: Work, case: _Case, *, public: float) -> Usage:
    seconds = case.pace * scan_seconds(work)
    task = case.start_s + seconds
    told = min(work.open_ports, 500) + min(seconds, discovery_seconds(work)) / _PROGRESS_S
    blocks = ceil(work.addresses / 256)
    packets = max(work.cells, work.probes * case.resend) + work.host_probes
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
        bytes_out=public * (packets * PACKET_BYTES + work.open_ports * work.services * SERVICE_BYTES),
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


def _on_spot(used: Usage) -> Usage:
    """As if AWS took nothing back, and had always some to spare."""
    return used.model_copy(update={"spot_seconds": used.task_seconds})


def _public(targets: TargetSet) -> float:
    """The share of the addresses that is on the internet; names count as if they were."""
    total = targets.count
    outside = len(targets.hostnames) + _global(targets.v4, 4) + _global(targets.v6, 6)
    return outside / total if total else 0.0


def _global(addresses: IntervalSet, version: Version) -> int:
    """By the first address of each range: ranges that are partly private are rare, and this is an estimate."""
    return sum(last - first + 1 for first, last in addresses.ranges if address_of(first, version).is_global)


def _sent(used: Usage) -> float:
    return used.packets * PACKET_BYTES


def _times(number: float, low: float, expected: float, high: float) -> Spread:
    return Spread(low=number * low, expected=number * expected, high=number * high)


def _spread(values: dict[str, float], digits: int) -> Spread:
    """More hosts may be less work: what they answer shows sooner that one pass is enough."""
    told = sorted(values.values())
    return Spread(low=round(told[0], digits), expected=round(values["expected"], digits), high=round(told[-1], digits))
