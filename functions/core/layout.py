"""The arithmetic of a plan: the ways in which groups of cells can be cut into chunks for tasks that share a rate."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from functions.core.model import Protocol
from functions.core.pace import HOST_PACE, MOST_PPS, SILENT_ASKED

MAX_CHUNKS = 10_000
MIN_SHARE = 50
"""Packets per second below which another task at once only adds start-up time."""
MOST_ASSETS = 65_536
"""In one chunk: what a worker holds of targets and results."""
EVERY_NUMBER = 64
"""Up to which each number of tasks is tried; beyond, steps of an eighth."""

Room = Callable[[Protocol, int], int]
"""The most assets that a chunk may have, of so many ports each."""
Weight = Callable[[int], int]
"""The cells that an address of so many ports counts for."""


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


def layouts(
    demands: Sequence[Demand],
    *,
    rate: int,
    retries: int,
    questions: int,
    max_tasks: int,
    chunk_seconds: int,
    rooms: Sequence[Room],
) -> Iterator[Layout]:
    """Every way that is worth a look, each of no more than MAX_CHUNKS chunks; none where none is possible.

    A chunk's discovery takes about `chunk_seconds` at most at its share of `rate`, whoever is there: of hosts, by so many
    `questions` each, and of ports. Tasks share the network's cap, so more of them shorten what is not sent (services,
    waits on single hosts) and send more only where one cannot send it all.
    """
    weight = partial(_weight, questions=questions, retries=retries)
    probes = sum(demand.addresses * weight(demand.ports) for demand in demands) * (1 + retries)
    seconds = max([_ceil(probes, rate), *(_ceil(each.ports, HOST_PACE[each.protocol]) for each in demands)])
    for tasks in _numbers(max(1, min(max_tasks, rate // MIN_SHARE))):
        fewest = max(1, _ceil(probes, min(rate // tasks, MOST_PPS) * tasks * chunk_seconds))
        for rounds in sorted({fewest, fewest + 1, 2 * fewest}):
            budget = _ceil(probes, rounds * tasks * (1 + retries))
            for room in rooms:
                cuts = tuple(_cut(demand, budget, chunk_seconds, room, weight) for demand in demands)
                chunks = sum(cut.chunks for cut in cuts)
                if chunks <= MAX_CHUNKS:
                    at_once = min(tasks, chunks)
                    yield Layout(tasks=at_once, share=rate // at_once, cuts=cuts, seconds=seconds)


def _numbers(most: int) -> Iterator[int]:
    number = 1
    while number < most:
        yield number
        number += 1 if number < EVERY_NUMBER else number // 8
    yield most


def _weight(ports: int, *, questions: int, retries: int) -> int:
    """The most that an address takes, in cells: its ports alone where no `questions` are put.

    A silent host is asked each question SILENT_ASKED times and nothing else; one that is there, each question once and then
    its ports. No host takes both, so a chunk is no smaller than the dearer of the two needs. Nor is it larger where few are
    likely there, for that is a guess: such a chunk is done sooner.
    """
    return max(_ceil(SILENT_ASKED * questions, 1 + retries), _ceil(questions, 1 + retries) + ports)


def _cut(demand: Demand, budget: int, chunk_seconds: int, room: Room, weight: Weight) -> Cut:
    """Addresses first; ports only where one asset's are more than a chunk can do. `budget`: cells, each probed once.

    Parts are as many as fill the rounds, so that no lone chunk trails behind; an uneven one is over by one asset at most.
    """
    per_asset = _ceil(demand.addresses, demand.assets)
    ports = min(demand.ports, HOST_PACE[demand.protocol] * chunk_seconds, max(1, budget // per_asset))
    cells = demand.assets * per_asset * weight(ports)
    parts = max(_ceil(demand.assets, room(demand.protocol, ports)), _ceil(cells, budget))
    return Cut(asset_parts=min(demand.assets, parts), port_parts=_ceil(demand.ports, ports))


def _ceil(amount: int, unit: int) -> int:
    return -(-amount // unit)
