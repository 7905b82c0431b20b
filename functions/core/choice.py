"""The layout that a scan gets: the cheapest of those that are soon enough, by what each is expected to take and to cost."""

from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Literal

from functions.core.density import Density
from functions.core.errors import InvalidInput
from functions.core.layout import MAX_CHUNKS, MOST_ASSETS, Layout, layouts
from functions.core.model import Protocol
from functions.core.outlook import Case, Errand, on_spot, sampled_cells, usage_of, wall_seconds
from functions.core.pace import added_seconds
from functions.core.prices import Machine, bill, price_list

DEADLINE = "deadline_minutes"
PATIENCE = 1.1
"""Without a deadline: how many times as long as the fastest layout a cheaper one may take, or longer by the start of one
task."""
SURPRISE = 3
"""And how many times as long as any where as much is there as may be: guesses are off."""
FEWER_ASSETS = 2_048
"""Chunks of no more than these are tried too, where more of them would do: they are more alike."""
LONGER = (1, 4, 16, 64)
"""Times what services may take in a chunk: the first of them with which the chunks are few enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a stage has for a scan."""

    machine: Machine
    max_tasks: int
    chunk_seconds: int
    """The work that may be lost with a task: what discovery of a chunk may take, and what services are expected to."""
    deadline_s: int
    """Of a worker: by then services are to be identified too, where as much is there as may be."""
    start_s: float
    """From a task's launch to its claim: what another chunk costs, and a minute at least."""
    steps_s: float
    """Of the workflow around a task."""

    def for_tasks(self, most: int | None) -> "Means":
        """With no more tasks at once than `most`, if there is such a bound."""
        return replace(self, max_tasks=min(self.max_tasks, most or self.max_tasks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    layout: Layout
    seconds: float
    """Of the whole scan, as expected."""
    shortest_s: float
    """Of the fastest layout, whatever it costs."""
    late: str = ""
    """Why its deadline is expected to be missed, and the mend; empty where it is not."""

    def refuse_late(self) -> None:
        """Raises InvalidInput."""
        if self.late:
            raise InvalidInput(DEADLINE, self.late)


def choose(errand: Errand, *, rate: int, density: Density, means: Means, deadline_minutes: int | None = None) -> Choice:
    """Always the same for the same: the fastest layout where none meets the deadline.

    Raises InvalidInput for what takes too many chunks.
    """
    case, full = (_case(density, end, means) for end in ("expected", "high"))
    exact = _exact(errand, _possible(errand, rate, density, means), case)
    found = {layout: wall_seconds(errand, layout, case) for layout in exact}
    shortest = min(found.values())
    if deadline_minutes is None:
        late = ""
        soon = _soon_enough(errand, found, full, shortest=shortest, start_s=means.start_s)
    else:
        in_time = 60.0 * deadline_minutes
        late = "" if shortest <= in_time else _too_late(shortest, rate, means)
        soon = [layout for layout, seconds in found.items() if seconds <= max(shortest, in_time)]

    def rank(layout: Layout) -> tuple[float, float, int, int]:
        return _usd(errand, layout, case, means.machine), found[layout], layout.chunks, layout.tasks

    best = min(soon, key=rank)
    return Choice(layout=best, seconds=found[best], shortest_s=shortest, late=late)


def _soon_enough(
    errand: Errand, found: dict[Layout, float], full: Case, *, shortest: float, start_s: float
) -> list[Layout]:
    """Those that nobody would call slow, neither as expected nor where as much is there as may be."""
    longest = max(PATIENCE * shortest, shortest + start_s)
    soon = [layout for layout, seconds in found.items() if seconds <= longest]
    surprised = {layout: wall_seconds(errand, layout, full) for layout in found}
    most = max(SURPRISE * min(surprised.values()), min(surprised[layout] for layout in soon))
    return [layout for layout in soon if surprised[layout] <= most]


def _too_late(shortest_s: float, rate: int, means: Means) -> str:
    return (
        f"by {means.max_tasks} tasks at once and {rate} packets per second this is expected to take "
        f"{ceil(shortest_s / 60)} minutes at least: give it so long, raise the rate, or name fewer targets or ports"
    )


def _case(density: Density, end: Literal["expected", "high"], means: Means) -> Case:
    return Case(
        hosts=getattr(density.hosts, end),
        open_ports=getattr(density.open_ports, end),
        unnamed=density.unnamed,
        start_s=means.start_s,
        steps_s=means.steps_s,
    )


def _exact(errand: Errand, possible: list[Layout], case: Case) -> list[Layout]:
    """No chunk is made so small that nobody samples it, only to be sooner done."""
    sampled = {layout: sampled_cells(errand, layout, case) for layout in possible}
    most = max(sampled.values())
    return [layout for layout, cells in sampled.items() if cells == most]


def _possible(errand: Errand, rate: int, density: Density, means: Means) -> list[Layout]:
    """Raises InvalidInput where there is none."""
    rooms = [_Room(errand, density, means, most=most) for most in (MOST_ASSETS, FEWER_ASSETS)]
    for times in LONGER:
        found = layouts(
            errand.demands,
            rate=rate,
            retries=errand.profile.retries,
            questions=errand.profile.host_discovery.probes,
            max_tasks=means.max_tasks,
            chunk_seconds=means.chunk_seconds,
            rooms=[partial(room, times) for room in rooms],
        )
        if each_once := list(dict.fromkeys(found)):
            return each_once
    raise InvalidInput(
        "rate",
        f"at {rate} packets per second this takes more than {MAX_CHUNKS:,} chunks of some {means.chunk_seconds} s: "
        "raise the rate, or name fewer targets or ports",
    )


class _Room:
    """The most assets of a chunk, by how long it takes to identify what is open on them."""

    def __init__(self, errand: Errand, density: Density, means: Means, *, most: int) -> None:
        self._most = most if errand.profile.service_detection else MOST_ASSETS
        self._services = errand.profile.service_detection
        self._assets = sum(demand.assets for demand in errand.demands)
        self._cells = sum(demand.assets * demand.ports for demand in errand.demands)
        late = max(means.chunk_seconds, means.deadline_s - means.chunk_seconds)
        self._bounds = (
            (means.chunk_seconds, density.hosts.expected, density.open_ports.expected),
            (late, density.hosts.high, density.open_ports.high),
        )

    def __call__(self, times: int, protocol: Protocol, ports: int) -> int:
        most = self._most
        for seconds, hosts, open_ports in self._bounds if self._services else ():
            each = added_seconds(protocol, hosts=hosts / self._assets, open_ports=open_ports * ports / self._cells)
            most = min(most, int(times * seconds / each)) if each else most
        return max(1, most)


def _usd(errand: Errand, layout: Layout, case: Case, machine: Machine) -> float:
    """By the prices of a region that has some, where the machine's has none: which one is cheaper is the same."""
    used = usage_of(errand, layout, case)
    prices = price_list()
    priced = machine.region if machine.region in prices.regions() else prices.regions()[0]
    return bill(on_spot(used) if machine.spot else used, machine.model_copy(update={"region": priced})).total
