"""How much is there: hosts that are up and open ports, by what is known of a network, or by a guess."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.core.model import Model, Protocol
from functions.core.ports import PortSet
from functions.core.scan import Known
from functions.core.targets import TargetSet


class Spread(Model):
    """A range that the truth is expected in, and what is expected most."""

    low: float
    expected: float
    high: float


@dataclass(frozen=True, slots=True)
class Density:
    """Hosts that are up and open ports, over all targets."""

    hosts: Spread
    open_ports: Spread
    unnamed: float
    """The share of the open ports whose service a first, short look does not name."""
    known: bool = False


_UP_IN_A_BLOCK = Spread(low=0.05, expected=0.2, high=1.0)
_PORTS_OF_A_HOST = Spread(low=1, expected=4, high=10)
_UNNAMED = 0.15
_KNOWN = (0.8, 1.0, 1.25)


def density_of(targets: TargetSet, ports: Mapping[Protocol, PortSet], known: Known | None = None) -> Density:
    """By what the inventory has of the network; a guess where it has nothing: what is named singly is there, a fifth of a block is."""
    most = sum(each.count for each in ports.values())
    if known:
        up = _times(known.hosts, most=targets.count)
        found = _times(known.open_ports, most=targets.count * most)
        return Density(up, found, known.unnamed / max(1, known.open_ports), known=True)
    single = len(targets.hostnames) + sum(
        last == first for addresses in (targets.v4, targets.v6) for first, last in addresses.ranges
    )
    block = targets.count - single
    up = Spread(**{name: single + block * share for name, share in dict(_UP_IN_A_BLOCK).items()})
    found = Spread(**{name: getattr(up, name) * min(most, each) for name, each in dict(_PORTS_OF_A_HOST).items()})
    return Density(up, found, _UNNAMED)


def _times(number: int, *, most: int) -> Spread:
    """What is known may be of more than is scanned now: of other targets, or of ports that were left out since."""
    low, expected, high = (min(most, number * times) for times in _KNOWN)
    return Spread(low=low, expected=expected, high=high)
