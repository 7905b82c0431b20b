"""The arithmetic of a plan: how many tasks at once, each one's share of the rate, and how each group of cells is cut into chunks."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.core.errors import InvalidInput
from functions.core.model import Protocol

MAX_CHUNKS = 10_000
MIN_SHARE = 50
"""Packets per second below which another task at once only adds start-up time."""
MAX_ASSETS = {True: 2048, False: 65536}
"""The most assets in one chunk, with and without service detection, whose length discovery cannot foretell."""
HOST_PACE = {Protocol.TCP: 500, Protocol.UDP: 1}
"""Ports per second that one silent host allows: nmap's own slowing down, and kernels that send one ICMP error a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A group of cells that chunks never mix with another: `assets` x `ports`, all of one protocol. `assets`, `ports` >= 1."""

    protocol: Protocol
    assets: int
    addresses: int
    """At least one for each asset: a hostname may have several."""
    ports: int


@dataclass(frozen=True, slots=True)
class Cut:
    asset_parts: int
    port_parts: int

    @property
    def chunks(self) -> int:
        return self.asset_parts * self.port_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    tasks: int
    share: int
    """Packets per second of each task; `tasks` x `share` <= the network's rate."""
    cuts: tuple[Cut, ...]
    """One for each demand, in its order."""
    seconds: int
    """Discovery of the whole, roughly."""

    @property
    def chunks(self) -> int:
        return sum(cut.chunks for cut in self.cuts)


def lay_out(
    demands: Sequence[Demand], *, rate: int, retries: int, services: bool, max_tasks: int, chunk_seconds: int
) -> Layout:
    """Chunks whose discovery takes about `chunk_seconds` at their share of `rate`.

    Tasks share the network's cap, so more of them at once shorten service detection and waits on single hosts, not
    discovery: there are as many as discovery lasts `chunk_seconds`, one at least for each group, and fewer where that
    many would need more than MAX_CHUNKS. Raises InvalidInput where even one task at a time does.
    """
    probes = sum(demand.addresses * demand.ports for demand in demands) * (1 + retries)
    useful = max(
        _ceil(probes, rate * chunk_seconds),
        len(demands),
        _ceil(sum(demand.assets for demand in demands), MAX_ASSETS[services]),
    )
    for tasks in range(max(1, min(max_tasks, useful, rate // MIN_SHARE)), 0, -1):
        rounds = max(1, _ceil(probes, rate // tasks * tasks * chunk_seconds))
        budget = _ceil(probes, rounds * tasks * (1 + retries))
        cuts = tuple(_cut(demand, budget, chunk_seconds, MAX_ASSETS[services]) for demand in demands)
        chunks = sum(cut.chunks for cut in cuts)
        if chunks <= MAX_CHUNKS:
            tasks_at_once = max(1, min(tasks, chunks))
            return Layout(
                tasks=tasks_at_once,
                share=rate // tasks_at_once,
                cuts=cuts,
                seconds=max([_ceil(probes, rate), *(_ceil(each.ports, HOST_PACE[each.protocol]) for each in demands)]),
            )
    raise InvalidInput(
        "rate",
        f"at {rate} packets per second this takes more than {MAX_CHUNKS:,} chunks of some {chunk_seconds} s: "
        "raise the rate, or name fewer targets or ports",
    )


def _cut(demand: Demand, budget: int, chunk_seconds: int, max_assets: int) -> Cut:
    """Addresses first; ports only where one asset's are more than a chunk can do. `budget`: cells, each probed once.

    Parts are as many as fill the rounds, so that no lone chunk trails behind; an uneven one is over by one asset at most.
    """
    per_asset = _ceil(demand.addresses, demand.assets)
    ports = min(demand.ports, HOST_PACE[demand.protocol] * chunk_seconds, max(1, budget // per_asset))
    parts = max(_ceil(demand.assets, max_assets), _ceil(demand.assets * per_asset * ports, budget))
    return Cut(asset_parts=min(demand.assets, parts), port_parts=_ceil(demand.ports, ports))


def _ceil(amount: int, unit: int) -> int:
    return -(-amount // unit)
