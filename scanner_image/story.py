"""The runs of masscan that a sweep made, in their order: who goes on with it goes through the same again and asks nobody."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from functions.core.addresses import Address, Version
from functions.core.intervals import IntervalSet
from functions.core.ports import PortSet
from scanner_image.masscan import Pass

MOST_RUNS = 64
"""More than any sweep makes."""


@dataclass
class Told:
    """One run: what was asked, what was heard, and up to where that is whole. `one.index`: where this attempt's part of it began."""

    one: Pass
    open: set[tuple[Address, int]] = field(default_factory=set)
    refused: set[tuple[Address, int]] = field(default_factory=set)
    reached: int = 0
    ended: bool = False
    why: str = ""
    overrun: bool = False

    def heard_to(self, index: int) -> None:
        self.reached = max(self.reached, index)


@dataclass
class Story:
    rate: int
    """What the sweep began with."""
    seed: int = field(default_factory=lambda: secrets.randbelow(1 << 31))
    """Of its sample."""
    runs: list[Told] = field(default_factory=list)
    _next: int = 0

    def tell(self, one: Pass) -> Told:
        """The next run: as it was, to its end or up to where it broke off, or a new one that nothing is known of yet."""
        place, self._next = self._next, self._next + 1
        if place < len(self.runs) and not _alike(self.runs[place].one, one):
            del self.runs[place:]
        if place == len(self.runs):
            self.runs.append(Told(one))
        told = self.runs[place]
        if not told.ended:
            told.one = replace(told.one, index=told.reached)
        return told


class Stories:
    """One for each sweep of an attempt, by the cells that it goes through."""

    def __init__(self) -> None:
        self._stories: dict[str, Story] = {}

    def of(self, version: Version, addresses: IntervalSet, ports: PortSet, *, rate: int) -> Story:
        """What is known of this sweep. Nothing where less may be sent by now: masscan's order depends on its rate."""
        cells = cells_digest(version, addresses, ports)
        story = self._stories.get(cells)
        if story is None or story.rate > rate:
            story = self._stories[cells] = Story(rate)
        return story

    def take(self, cells: str, story: Story) -> None:
        self._stories[cells] = story

    def forget(self, story: Story) -> None:
        """It came to its end: what it found stands elsewhere."""
        self._stories = {cells: each for cells, each in self._stories.items() if each is not story}

    def __iter__(self) -> Iterator[tuple[str, Story]]:
        return iter(self._stories.items())


def cells_digest(version: Version, addresses: IntervalSet, ports: PortSet) -> str:
    return hashlib.sha256(f"{version} {addresses.ranges} {ports.canonical()}".encode()).hexdigest()


def _alike(known: Pass, wanted: Pass) -> bool:
    """But for seeds, which are drawn anew, and for where it began."""
    return replace(known, seed=0, index=0) == replace(wanted, seed=0, index=0)
