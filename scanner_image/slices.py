"""A long run of nmap as several of about a minute: nmap tells of many hosts at once, and what it has told the next attempt need not ask."""

from functions.core.intervals import IntervalSet
from functions.core.model import Protocol

ABOUT_S = 60.0
"""Of one run: a few of nmap's waits, at a run's end, weigh little beside it."""
_FIRST_S = 30.0
_FIRST = {Protocol.TCP: 4096, Protocol.UDP: 64}
"""Ports of the first run, at most. How fast the hosts let nmap go is seen by it: over UDP some answer once a second, others not at all."""


class Slices:
    """All hosts are asked some of the ports, then the next ones, since hosts hold nmap up side by side."""

    def __init__(self, ports: IntervalSet, *, protocol: Protocol, hosts: int, rate: int) -> None:
        self._left = ports
        self._size = max(1, min(_FIRST[protocol], int(rate * _FIRST_S / hosts)))
        self._taken = 0

    def __bool__(self) -> bool:
        return bool(self._left)

    def take(self) -> IntervalSet:
        """The next ports; all that are left where few are."""
        count = self._left.count
        runs = 1 if count <= 2 * self._size else -(-count // self._size)
        taken = next(self._left.split(runs))
        self._left = self._left - taken
        self._taken = taken.count
        return taken

    def took(self, seconds: float) -> None:
        """The run of what was taken last: the next one is to take ABOUT_S."""
        self._size = max(1, int(self._taken * ABOUT_S / max(seconds, 0.1)))
