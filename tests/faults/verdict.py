"""What is true of a scan once it has ended, held to the lab's own book."""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from functions.core.coverage import COVERED, Answer
from functions.core.messages import AddressRange, CoverageLine
from functions.core.ports import PortSet
from tests.e2e.estate import Cell
from tests.e2e.platform import Json

_VERDICTS = frozenset({Answer.OPEN, Answer.REFUSED})
"""Answers after which an exposure of a closed port cannot wait for more; a completed scan has asked until it had one of them."""


@dataclass
class Verdict:
    """How many of each fault, and what each is, for people."""

    lost: int = 0
    """Covered cells that are not told as they are, and open ones that a completed scan does not have."""
    twice: int = 0
    """Exposures, alerts and openings in the history of which there are too many."""
    stuck: int = 0
    wrong_status: int = 0
    told: list[str] = field(default_factory=list)

    def say(self, fault: str, what: object, count: int = 1) -> None:
        if count:
            setattr(self, fault, getattr(self, fault) + count)
            self.told.append(f"{fault}: {what}")

    @property
    def figures(self) -> dict[str, int]:
        return {"lost": self.lost, "twice": self.twice, "stuck": self.stuck, "wrong_status": self.wrong_status}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Of one scan: what its accepted documents say, and what the product makes of it."""

    scan: Json
    coverage: tuple[CoverageLine, ...]
    truth: frozenset[Cell]
    inventory: tuple[Cell, ...]
    """Open exposures, as often as they are listed."""
    alerts: tuple[tuple[str, str, int], ...]
    """Type, asset and port of each alert about a port."""
    openings: tuple[Cell, ...]
    """Entries of the history that tell that a cell opened."""
    known: frozenset[Cell] = frozenset()
    """What was open when a part of the network was scanned before; some of it has closed since."""


def judge(seen: Seen, *, ends: Iterable[str], verdict: Verdict) -> None:
    _judge_cells(seen, verdict)
    for fault, found in (("exposure", seen.inventory), ("alert", seen.alerts), ("history", seen.openings)):
        again: Counter[tuple[str, str, int]] = Counter(found)
        doubled = {each: count for each, count in again.items() if count > 1}
        verdict.say("twice", f"{fault} {doubled}", len(doubled))
    _judge_status(seen, frozenset(ends), verdict)


def _judge_cells(seen: Seen, verdict: Verdict) -> None:
    inventory, told = frozenset(seen.inventory), dict(_answers(seen.coverage, seen.truth | seen.known))
    untrue = {cell for cell in seen.truth & told.keys() if told[cell] in COVERED - {Answer.OPEN}}
    verdict.say("lost", f"covered and not called open: {sorted(untrue)}", len(untrue))
    missing = {cell for cell in seen.truth & told.keys() if told[cell] is Answer.OPEN} - inventory
    verdict.say("lost", f"seen open and not in the inventory: {sorted(missing)}", len(missing))
    unseen = {cell for cell in seen.known if told.get(cell, Answer.NOT_COVERED) not in COVERED}
    closed = unseen - inventory
    verdict.say("lost", f"closed and not covered: {sorted(closed)}", len(closed))
    whole = seen.scan["status"] == "completed"
    waiting = frozenset() if whole else {cell for cell in seen.known if told.get(cell) not in _VERDICTS}
    false = inventory - seen.truth - waiting
    verdict.say("lost", f"called open and not: {sorted(false)}", len(false))
    if whole:
        absent = seen.truth - inventory - untrue - missing - closed
        verdict.say("lost", f"completed without: {sorted(absent)}", len(absent))


def _answers(coverage: Iterable[CoverageLine], cells: Iterable[Cell]) -> Iterator[tuple[Cell, Answer]]:
    """What is said of these cells, by whichever line says it."""
    wanted = list(cells)
    for line in coverage:
        ports = PortSet.from_canonical(line.ports)
        for asset, protocol, port in wanted:
            if protocol == line.protocol and port in ports and line_holds(line, asset):
                yield (asset, protocol, port), line.answer


def line_holds(line: CoverageLine, asset: str) -> bool:
    return asset in line.hosts or any(_is_in(each, asset) for each in line.addresses)


def _judge_status(seen: Seen, ends: frozenset[str], verdict: Verdict) -> None:
    scan, counts = seen.scan, seen.scan["counts"]
    status, covered, cells = scan["status"], counts["cells_covered"], counts["cells"]
    if status not in ends:
        verdict.say("wrong_status", f"{status}: {scan['reason']}")
    elif status != "cancelled" and status != of_coverage(covered, cells):
        verdict.say("wrong_status", f"{status} with {covered} of {cells} cells covered")
    by_documents = sum(cells_of(line) for line in seen.coverage if line.answer in COVERED)
    if covered != by_documents:
        verdict.say("wrong_status", f"{covered} cells are counted as covered; by the documents it is {by_documents}")


def of_coverage(covered: int, cells: int) -> str:
    if not covered:
        return "failed"
    return "completed" if covered >= cells else "partial"


def cells_of(line: CoverageLine) -> int:
    assets = len(line.hosts) + sum(_span(each) for each in line.addresses)
    return assets * PortSet.from_canonical(line.ports).count


def _is_in(addresses: AddressRange, asset: str) -> bool:
    first, last, one = (ipaddress.ip_address(each) for each in (addresses.first, addresses.last, asset))
    return one.version == first.version and int(first) <= int(one) <= int(last)


def _span(addresses: AddressRange) -> int:
    return int(ipaddress.ip_address(addresses.last)) - int(ipaddress.ip_address(addresses.first)) + 1
