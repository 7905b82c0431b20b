"""What a sample that is probed twice says of the path: how fast to send, and how many times to ask each cell."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from math import ceil, sqrt

from functions.core.addresses import Address
from functions.core.effort import UNSURE
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from functions.core.ports import PortSet, parse_ports

_SAMPLE = 16_384
_SAMPLE_SHARE = 8
TARGET_MISS = 0.001
"""Of the open ports, at most so many may be missed."""
MOST_PASSES = 5
FEWEST_KNOWN = 3000
"""Answers that a sample needs before it may show that asking once is enough."""
FEWEST_PORTS = 100
"""Of a host: where fewer are asked, the first packet to it, which may be lost on the way to its address, weighs too much."""
_UNSEEN = 3
"""More than so many may be lost where none was seen to be, in one of twenty samples."""
_BORNE = 0.03
_ROOM = 0.8
"""A queue on the way takes what is too much for a moment: a short look hears a little more than the path bears for long."""
_HELPED = 0.75
_AT_MOST = 4
"""By so much slower at once; and where so much slower did not help, the rate is not to blame."""
_FEWEST_TO_SPEAK = 100
"""Open ports that were known before a pass, for what it missed of them to count."""
_SLOWEST = 50
_FEWEST_TO_BELIE = 5

Heard = AbstractSet[tuple[Address, int]]


@dataclass(frozen=True)
class Sample:
    """One of `shards` parts of the cells on `ports`, the same whenever it is asked."""

    ports: PortSet
    seed: int
    shards: int


def sample_of(addresses: int, ports: PortSet, *, seed: int) -> Sample:
    """Of so many addresses, on ports that are likely open, so that these are found first; the same cells each time."""
    likely = PortSet(ports.numbers & _likely())
    asked = likely if addresses * likely.count >= _SAMPLE // 2 else ports
    size = min(_SAMPLE, addresses * ports.count // _SAMPLE_SHARE)
    cells = addresses * asked.count
    shards = _shards(cells, at_least=max(1, ceil(cells / size)))
    if cells % shards and asked.count >= shards:
        asked = PortSet.of(islice(asked.numbers, asked.count - asked.count % shards))
    return Sample(asked, seed, shards)


def _shards(cells: int, *, at_least: int) -> int:
    """A number that divides the cells, where one is near: then a part is the same cells whatever the rate.

    Where none is, a few ports are left out, if there are as many.
    """
    return next((number for number in range(at_least, 2 * at_least) if cells % number == 0), at_least)


def _likely() -> IntervalSet:
    return parse_ports("top-1000", protocol=Protocol.TCP, field="ports").numbers


@dataclass(frozen=True)
class Loss:
    """Of `known` answers that were to come again, `lost` did not."""

    known: int = 0
    lost: int = 0

    @property
    def share(self) -> float:
        return self.lost / self.known if self.known else 0.0

    @property
    def bound(self) -> float:
        return min(1.0, (self.lost + _UNSEEN) / self.known) if self.known else 1.0

    def __add__(self, other: "Loss") -> "Loss":
        return Loss(self.known + other.known, self.lost + other.lost)


def compare(known: tuple[Heard, Heard], again: tuple[Heard, Heard]) -> Loss:
    """What of `known` did not come `again`, each as (open, refused) over the same cells; what only the later run heard speaks against the earlier.

    By open ports alone where they are many: hosts may answer only so many refused probes a second.
    """
    by_open = Loss(len(known[0]), len(known[0] - again[0]))
    if by_open.known >= FEWEST_KNOWN:
        return by_open
    return Loss(by_open.known + len(known[1]), by_open.lost + len(known[1] - again[1]))


def missed(known: AbstractSet[tuple[Address, int]], heard: AbstractSet[tuple[Address, int]]) -> Loss:
    """What a whole pass did not hear of the open ports that were `known` before it; nothing where that may be chance."""
    loss = Loss(len(known), len(known - heard))
    borne = _BORNE * loss.known
    return loss if loss.known >= _FEWEST_TO_SPEAK and loss.lost > borne + 2 * sqrt(borne) else Loss()


def is_belied(loss: Loss) -> bool:
    """Whether silence is no answer, because too many of the exposures that are `known` to answer a connection were not heard: more than chance."""
    unsure = UNSURE * loss.known
    return loss.lost >= _FEWEST_TO_BELIE and loss.lost > unsure + 2 * sqrt(unsure)


def share_of_open(loss: Loss, opens: Loss) -> float:
    """Of open ports, what a pass loses: as answers are lost in all, or at most what of the open ones was, by whole passes.

    A host that answers few refused probes a second loses refusals, and no open port.
    """
    return min(loss.share, opens.bound)


def passes_for(loss: Loss, opens: Loss, *, retries: int, ports: int) -> int:
    """How many times each cell is to be asked so that at most `TARGET_MISS` of the open ones is missed.

    A sample that shows too little leaves it at the profile's own retries, or more where it shows loss.
    """
    if loss.known >= FEWEST_KNOWN and ports >= FEWEST_PORTS:
        return _needed(min(loss.bound, opens.bound))
    return max(min(retries + 1, MOST_PASSES), _needed(share_of_open(loss, opens)))


def _needed(share: float) -> int:
    passes = 1
    while passes < MOST_PASSES and share**passes > TARGET_MISS:
        passes += 1
    return passes


class Pace:
    """Packets a second: as many as the path bears, and never more than it began with."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._before: tuple[int, float] | None = None
        self._floor = _BORNE
        """So much is lost at any rate, or made good by another pass for less than slower ones would take."""

    def slower(self) -> bool:
        """Half as fast from now on, because this machine could not read what came; whether that is slower at all."""
        before, self.rate, self._before = self.rate, max(min(_SLOWEST, self.rate), self.rate // 2), None
        return self.rate < before

    def heard(self, share: float) -> bool:
        """Whether the path bore the rate; if it did not, the next is lower. Where slower sending loses as much, the rate is not to blame."""
        if self._before and share > _HELPED * self._before[1]:
            if share > self._floor and self.rate * _AT_MOST > self._before[0]:
                return self._lower(min(self.rate // 2, self._before[0] // _AT_MOST))
            self._floor = max(self._floor, self._before[1] / _HELPED)
            self.rate, self._before = self._before[0], None
            return True
        if share <= self._floor:
            return True
        self._before = (self.rate, share)
        return self._lower(max(self.rate // _AT_MOST, int(self.rate * (1 - share) * _ROOM)))

    def _lower(self, rate: int) -> bool:
        before, self.rate = self.rate, max(min(_SLOWEST, self.rate), rate)
        return self.rate == before
