"""A long run of nmap as several of about a minute: nmap tells of many hosts at once, and what it has told the next attempt need not ask."""

from functions.core.intervals import IntervalSet
from functions.core.model import Protocol

ABOUT_S = 60.0
"""Of one run: a few of nmap's waits, at a run's end, weigh little beside it."""
_FIRST_S = 30.0
_FIRST = {Protocol.TCP: 4096, Protocol.UDP: 64}
"""Ports of the first run, at most. How fast the hosts let nmap go is seen by it: over UDP some answer once a second, others not at all."""


_MOST = 30
"""Runs, however long each of them takes."""
_LEAST_HOST_S, _HOST_SHARE = 180, 1.5
"""Of a host's time in all: what it has in one run at least, and times its part of the ports."""


class Slices:
    """All hosts are asked some of the ports, then the next ones, since hosts hold nmap up side by side."""

    def __init__(self, ports: IntervalSet, *, protocol: Protocol, hosts: int, rate: int) -> None:
        self._left = ports
        self._all = ports.count
        self._least = -(-ports.count // _MOST)
        self._size = max(self._least, min(_FIRST[protocol], int(rate * _FIRST_S / hosts)))
        self._taken = 0

    def __bool__(self) -> bool:
        return bool(self._left)

    @property
    def done(self) -> float:
        """The share of the ports that was taken before the last ones."""
        return (self._all - self._left.count - self._taken) / self._all

    @property
    def share(self) -> float:
        """Of the ports that were taken last."""
        return self._taken / self._all

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
        self._size = max(self._least, int(self._taken * ABOUT_S / max(seconds, 0.1)))

    def host_timeout_s(self, whole_s: int) -> int:
        """What a host has in the run of what was taken last, of `whole_s` for all; one that takes longer holds up all others."""
        return whole_s if self.share == 1 else min(whole_s, max(_LEAST_HOST_S, int(_HOST_SHARE * whole_s * self.share)))
