"""Which open ports are asked together what they are, and when: likely soon done, so that a slow one holds back few."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

from functions.core.addresses import Address, Version
from functions.core.everything import is_wide

SIDE_BY_SIDE = 4
MOST_HOSTS = 32
MOST_PORTS = 200
"""Of one host."""
SAMPLE = 24
"""Ports of a host that seems to answer on everything: enough to hear that hardly any has a service behind it."""
_IDLE_PROBES = 256
"""Probes to ports that are open on other hosts of a batch only; few cost nothing."""

Look = Literal["quick", "patient"]
Found = Mapping[Address, Mapping[int, object]]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One run of nmap: each of `ports` is asked of each of `addresses`; `wanted` are the cells that it is for."""

    version: Version
    wanted: Mapping[Address, frozenset[int]]
    look: Look
    first: bool
    """Whether these hosts are asked about for the first time."""
    sampled: bool = False

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(self.wanted)

    @property
    def ports(self) -> frozenset[int]:
        return frozenset[int]().union(*self.wanted.values())


class Waiting:
    """The open ports that nobody has been asked about yet. `asked`: how many ports the chunk has."""

    def __init__(self, *, asked: int, quick: bool) -> None:
        self._asked = asked
        self._first_look: Look = "quick" if quick else "patient"
        self._taken: dict[Address, set[int]] = {}
        self._again: dict[Address, set[int]] = {}

    def told(self, address: Address, port: int) -> None:
        """Somebody was asked about this port, whoever it was for."""
        self._taken.setdefault(address, set()).add(port)

    def ask_again(self, address: Address, port: int) -> None:
        """The quick look did not name it."""
        self._again.setdefault(address, set()).add(port)

    def take(self, found: Found, *, whole: bool) -> Batch | None:
        """The next to ask, and from now on asked; None when there is none at the moment.

        `whole`: that all is found. Before that, a host with many ports waits: it may turn out to answer on everything,
        and then few of its ports are asked about.
        """
        batch = self._narrow(found, whole=whole) or self._second_look()
        if batch is None and whole:
            batch = self._sample(found)
        if batch is not None:
            for address, ports in batch.wanted.items():
                self._taken.setdefault(address, set()).update(ports)
        return batch

    def is_sampled(self, address: Address, found: Found) -> bool:
        return is_wide(len(found.get(address, ())), self._asked)

    def _narrow(self, found: Found, *, whole: bool) -> Batch | None:
        waiting: dict[Address, frozenset[int]] = {}
        for address, ports in found.items():
            taken = self._taken.get(address, set())
            if ports.keys() <= taken or (len(ports) > SAMPLE if not whole else self.is_sampled(address, found)):
                continue
            if left := frozenset(sorted(ports)[:MOST_PORTS]) - taken:
                waiting[address] = left
        return self._together(waiting, self._first_look, most=_share(len(waiting)) if whole else MOST_HOSTS)

    def _second_look(self) -> Batch | None:
        """Many together: they are the slow ones, and a run of theirs takes as long for many as for one."""
        batch = self._together({at: frozenset(ports) for at, ports in self._again.items()}, "patient", most=MOST_HOSTS)
        for address in batch.addresses if batch else ():
            del self._again[address]
        return batch

    def _sample(self, found: Found) -> Batch | None:
        for address, ports in found.items():
            taken = self._taken.get(address, set())
            if self.is_sampled(address, found) and len(taken) < SAMPLE:
                some = sorted(ports.keys() - taken)
                count = SAMPLE - len(taken)
                sample = frozenset(some[index * len(some) // count] for index in range(count))
                return self._batch({address: sample}, "patient", sampled=True)
        return None

    def _together(self, waiting: Mapping[Address, frozenset[int]], look: Look, *, most: int) -> Batch | None:
        group = together(waiting, most=most, kind=lambda address: (address not in self._taken, address.version))
        return self._batch(group, look) if group else None

    def _batch(self, wanted: Mapping[Address, frozenset[int]], look: Look, *, sampled: bool = False) -> Batch:
        one = next(iter(wanted))
        return Batch(version=one.version, wanted=wanted, look=look, first=one not in self._taken, sampled=sampled)


def together(
    waiting: Mapping[Address, frozenset[int]], *, most: int, kind: Callable[[Address], object]
) -> dict[Address, frozenset[int]]:
    """Hosts with like ports: as many as `most`, of one kind, and few probes that are for nobody."""
    group: dict[Address, frozenset[int]] = {}
    union: frozenset[int] = frozenset()
    for address in _alike(waiting):
        if not group:
            first = kind(address)
        elif kind(address) != first:
            continue
        wider = union | waiting[address]
        wanted = sum(map(len, group.values())) + len(waiting[address])
        if group and len(wider) * (len(group) + 1) > wanted + _IDLE_PROBES:
            continue
        group[address], union = waiting[address], wider
        if len(group) >= most:
            break
    return group


def _share(hosts: int) -> int:
    return min(MOST_HOSTS, max(1, ceil(hosts / SIDE_BY_SIDE)))


def _alike(waiting: Mapping[Address, frozenset[int]]) -> Iterable[Address]:
    return sorted(waiting, key=lambda address: (address.version, sorted(waiting[address]), int(address)))
