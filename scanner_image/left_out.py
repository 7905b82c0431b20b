"""Ports that nmap tells of only together, as it lists them."""

from functools import lru_cache

from functions.core.intervals import IntervalSet

_KEPT_CHARS = 256
"""A longer list is not kept for another host."""


def ports_of(listed: str) -> IntervalSet:
    """`1-21,23`; raises ValueError."""
    return _known(listed) if len(listed) <= _KEPT_CHARS else _ports(listed)


def _ports(listed: str) -> IntervalSet:
    return IntervalSet.from_ranges([_bounds(part) for part in listed.split(",") if part])


_known = lru_cache(maxsize=1024)(_ports)
"""Hosts of one network that have the same ports open leave the same ones out."""


@lru_cache(maxsize=4096)
def _bounds(part: str) -> tuple[int, int]:
    """The others leave much the same ranges between their ports."""
    first, _, last = part.partition("-")
    return int(first), int(last or first)
