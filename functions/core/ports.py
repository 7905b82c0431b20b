"""Port sets: what the user writes, and the canonical form that travels and is stored."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from functions.core.errors import InvalidInput
from functions.core.intervals import EMPTY, IntervalSet
from functions.core.model import Protocol
from functions.core.quoting import quoted

MAX_PORT = 65535
_PART = re.compile(
    r"(?P<exclude>!?)(?:(?P<named>top-[0-9]+|all)|(?P<first>[0-9]{1,5})(?:-(?P<last>[0-9]{1,5}))?)", re.ASCII
)
_GRAMMAR = "write parts as in 1-1024,8080,top-100,!25"


@dataclass(frozen=True, slots=True)
class PortSet:
    numbers: IntervalSet = EMPTY

    @classmethod
    def from_canonical(cls, text: str) -> "PortSet":
        """The inverse of `canonical`; for text that our own code wrote."""
        if not text:
            return cls()
        ends = (part.partition("-") for part in text.split(","))
        return cls(IntervalSet.from_ranges((int(first), int(last or first)) for first, _, last in ends))

    @classmethod
    def of(cls, ports: Iterable[int]) -> "PortSet":
        return cls(IntervalSet.of(ports))

    def canonical(self) -> str:
        """Sorted, merged, e.g. `22,80,8000-8010`; empty for no port."""
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.numbers.ranges)

    @property
    def count(self) -> int:
        return self.numbers.count

    def __contains__(self, port: int) -> bool:
        return port in self.numbers

    def __bool__(self) -> bool:
        return bool(self.numbers)


def parse_ports(text: str, *, protocol: Protocol, field: str) -> PortSet:
    """The ports that `text` names for `protocol`: comma-separated ports, ranges, `top-100`, `top-1000`, `all`; `!` takes away.

    What is taken away stays away wherever it stands. Only `!` parts mean all ports but these. Raises InvalidInput.
    """
    wanted: list[IntervalSet] = []
    unwanted: list[IntervalSet] = []
    for part in text.split(","):
        match = _PART.fullmatch(part.strip(" "))
        if match is None:
            raise InvalidInput(field, f"{quoted(part)} is not a port, a range or a named set: {_GRAMMAR}")
        numbers = _named(match["named"], protocol, field) if match["named"] else _range(match, field)
        (unwanted if match["exclude"] else wanted).append(numbers)
    ports = _union(wanted or [_everything()]) - _union(unwanted)
    if not ports:
        raise InvalidInput(field, f"{quoted(text)} leaves no port to scan: take away fewer")
    return PortSet(ports)


def _range(match: re.Match[str], field: str) -> IntervalSet:
    first, last = int(match["first"]), int(match["last"] or match["first"])
    if first == 0:
        raise InvalidInput(field, "port 0 cannot be scanned: start at 1")
    if max(first, last) > MAX_PORT:
        raise InvalidInput(field, f"{max(first, last)} is not a port: the highest is {MAX_PORT}")
    if first > last:
        raise InvalidInput(field, f"the range {first}-{last} ends before it starts: write {last}-{first}")
    return IntervalSet(((first, last),))


def _named(name: str, protocol: Protocol, field: str) -> IntervalSet:
    if name == "all":
        return _everything()
    sets = _top_ports()[protocol]
    if name not in sets:
        raise InvalidInput(field, f"there is no port set {quoted(name)}: use {' or '.join(sets)}")
    return sets[name]


@cache
def _top_ports() -> dict[Protocol, dict[str, IntervalSet]]:
    """The ports most often found open, by protocol and set name."""
    document = json.loads((files(__package__) / "top_ports.json").read_text())
    return {
        protocol: {name: PortSet.from_canonical(text).numbers for name, text in document[protocol].items()}
        for protocol in Protocol
    }


def _everything() -> IntervalSet:
    return IntervalSet(((1, MAX_PORT),))


def _union(sets: Iterable[IntervalSet]) -> IntervalSet:
    return IntervalSet.from_ranges(each for numbers in sets for each in numbers.ranges)
