"""What is known so far of each cell of a chunk, in as little memory as there are different answers."""

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from functions.core.addresses import Address, Version, address_of, from_ranges, to_ranges
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, CoverageLine
from functions.core.ports import PortSet

_EMPTY = IntervalSet()


class Verdict(NamedTuple):
    answer: Answer
    how: Method
    reason: str = ""


UNREACHED = Verdict(Answer.NOT_COVERED, Method.NONE, "the attempt ended before these cells were probed")


@dataclass(frozen=True)
class Settled:
    """A rectangle of cells with one answer; without `ports`, all that have none of their own."""

    version: Version
    addresses: IntervalSet
    ports: IntervalSet
    verdict: Verdict
    at: datetime


_WEAKEST_FIRST = (
    Answer.OPEN,
    Answer.NOT_COVERED,
    Answer.EXCLUDED,
    Answer.NOT_OPEN,
    Answer.OPEN_FILTERED,
    Answer.NO_ANSWER,
    Answer.FILTERED,
    Answer.HOST_DOWN,
    Answer.REFUSED,
)
"""A hostname's cell takes the first of these that any of its addresses gave: open if open anywhere, refused only if refused everywhere."""

Row = dict[Verdict, IntervalSet]

_TOLD_ELSEWHERE = frozenset({Answer.OPEN, Answer.NOT_COVERED})
"""By the ports themselves; by being asked again."""


@dataclass(frozen=True)
class _Region:
    addresses: IntervalSet
    verdict: Verdict
    at: datetime


class Cells:
    """Explicit marks on single addresses over settled regions over `UNREACHED`; a later mark or region wins over an earlier one."""

    def __init__(self, spec: ChunkSpec, *, at: datetime) -> None:
        self.spec = spec
        self.ports = PortSet.from_canonical(spec.ports).numbers
        self._marks: dict[Address, Row] = {}
        self._single: dict[Address, dict[Verdict, list[int]]] = {}
        """Marks of single ports that wait to be merged: a host that answers everywhere gives thousands, one by one."""
        self._regions: dict[Version, list[_Region]] = {4: [], 6: []}
        self._last: dict[Verdict, datetime] = {UNREACHED: at}
        self._started = at

    def mark(self, address: Address, ports: IntervalSet, verdict: Verdict, *, at: datetime) -> None:
        """What some ports of one address answered."""
        self._merge(address)
        self._mark(address, ports, verdict)
        self._seen(verdict, at)

    def mark_one(self, address: Address, port: int, verdict: Verdict, *, at: datetime) -> None:
        self._single.setdefault(address, {}).setdefault(verdict, []).append(port)
        self._seen(verdict, at)

    def _merge(self, address: Address) -> None:
        for verdict, ports in self._single.pop(address, {}).items():
            self._mark(address, IntervalSet.of(ports), verdict)

    def _mark(self, address: Address, ports: IntervalSet, verdict: Verdict) -> None:
        wanted = ports & self.ports
        if not wanted:
            return
        row = self._marks.setdefault(address, {})
        for known in list(row):
            if left := row[known] - wanted:
                row[known] = left
            else:
                del row[known]
        row[verdict] = row.get(verdict, _EMPTY) | wanted

    def settle(self, version: Version, addresses: IntervalSet, verdict: Verdict, *, at: datetime) -> None:
        """What every cell of `addresses` that has no mark of its own came to."""
        self._regions[version].append(_Region(addresses, verdict, at))
        self._seen(verdict, at)

    def settled(self) -> Iterator[Settled]:
        """Every answer that is one but open, so that it need not be asked again."""
        alike: dict[tuple[Version, Verdict, IntervalSet], list[int]] = {}
        for address in {*self._marks, *self._single}:
            self._merge(address)
            for verdict, ports in self._marks[address].items():
                alike.setdefault((address.version, verdict, ports), []).append(int(address))
        for (version, verdict, ports), numbers in alike.items():
            if verdict.answer not in _TOLD_ELSEWHERE:
                addresses = IntervalSet.of(numbers)
                yield Settled(version, addresses, ports, verdict, self._last[verdict])
        for version, regions in self._regions.items():
            for region in regions:
                if region.verdict.answer not in _TOLD_ELSEWHERE:
                    yield Settled(version, region.addresses, _EMPTY, region.verdict, region.at)

    def take(self, settled: Settled) -> None:
        """What an earlier attempt settled."""
        if not settled.ports:
            self.settle(settled.version, settled.addresses, settled.verdict, at=settled.at)
            return
        for number in settled.addresses:
            self.mark(address_of(number, settled.version), settled.ports, settled.verdict, at=settled.at)

    def doubt(self, silence: Verdict, verdict: Verdict, *, at: datetime) -> None:
        """Where `silence` was taken for an answer, it is `verdict`; what answered by itself stays."""
        for version, regions in self._regions.items():
            addresses = _EMPTY
            for region in regions:
                addresses = addresses - region.addresses
                if region.verdict == silence:
                    addresses = addresses | region.addresses
            if addresses:
                self.settle(version, addresses, verdict, at=at)

    @property
    def doubts(self) -> frozenset[str]:
        """Why silence was no answer: of cells that the next attempt asks again."""
        regions = (region for each in self._regions.values() for region in each)
        return frozenset(region.verdict.reason for region in regions if region.verdict.answer == Answer.NOT_COVERED)

    def unjudged(self, version: Version, addresses: IntervalSet) -> IntervalSet:
        """Those of `addresses` whose silence means nothing yet."""
        for region in self._regions[version]:
            if region.verdict.answer != Answer.NOT_COVERED:
                addresses = addresses - region.addresses
        return addresses

    def unsettled(self, version: Version, addresses: IntervalSet) -> IntervalSet:
        """Those of `addresses` that have a cell without an answer."""
        marked = {each for each in {*self._marks, *self._single} if each.version == version}
        whole = (int(address) for address in marked if not self.unanswered(address))
        return self.unjudged(version, addresses) - IntervalSet.of(whole)

    def unreached_of(self, version: Version, addresses: IntervalSet, ports: IntervalSet) -> IntervalSet:
        """Those of `addresses` of which this attempt has not asked all of `ports`; no region says anything of them."""
        marked = (each for each in {*self._marks, *self._single} if each.version == version)
        return addresses - IntervalSet.of(int(each) for each in marked if not self.unreached(each) & ports)

    def unreached(self, address: Address) -> IntervalSet:
        """The ports of `address` that this attempt has not asked, and none before it."""
        return self.row(address).get(UNREACHED, _EMPTY)

    def answered(self, address: Address, answers: Collection[Answer]) -> IntervalSet:
        """The ports of `address` that came to one of `answers`."""
        rows = (ports for verdict, ports in self.row(address).items() if verdict.answer in answers)
        return IntervalSet.from_ranges(each for ports in rows for each in ports.ranges)

    def unanswered(self, address: Address) -> IntervalSet:
        """The ports of `address` that have no answer yet."""
        return self.answered(address, {Answer.NOT_COVERED})

    def row(self, address: Address) -> Row:
        """The ports of `address` by what they answered: disjoint, together all ports of the chunk."""
        self._merge(address)
        marks = self._marks.get(address, {})
        rest = self.ports
        for ports in marks.values():
            rest = rest - ports
        if not rest:
            return dict(marks)
        verdict = self._region(address)
        return {**marks, verdict: marks.get(verdict, _EMPTY) | rest}

    def answer(self, address: Address, port: int) -> Verdict:
        return next(verdict for verdict, ports in self.row(address).items() if port in ports)

    @property
    def complete(self) -> bool:
        return all(line.answer != Answer.NOT_COVERED for line in self.lines())

    def lines(self) -> Iterator[CoverageLine]:
        """Disjoint rectangles whose union is the chunk."""
        for version in (4, 6):
            yield from self._address_lines(version)
        for host in self.spec.hosts:
            row = _weakest([self.row(ipaddress.ip_address(text)) for text in host.addresses], self.ports)
            for verdict, ports in row.items():
                yield self._line(verdict, ports, hosts=(host.name,))

    def _address_lines(self, version: Version) -> Iterator[CoverageLine]:
        everything = from_ranges(self.spec.addresses, version)
        alike: dict[tuple[tuple[Verdict, IntervalSet], ...], list[int]] = {}
        for address in {*self._marks, *self._single}:
            if address.version == version and int(address) in everything:
                row = self.row(address)
                alike.setdefault(tuple(sorted(row.items(), key=_row_order)), []).append(int(address))
        left = everything
        for rows, numbers in alike.items():
            addresses = IntervalSet.of(numbers)
            left = left - addresses
            for verdict, ports in rows:
                yield self._line(verdict, ports, addresses=addresses, version=version)
        for region in reversed((_Region(everything, UNREACHED, self._started), *self._regions[version])):
            if covered := left & region.addresses:
                left = left - covered
                yield self._line(region.verdict, self.ports, addresses=covered, version=version)

    def _line(
        self,
        verdict: Verdict,
        ports: IntervalSet,
        *,
        addresses: IntervalSet = _EMPTY,
        version: Version = 4,
        hosts: tuple[str, ...] = (),
    ) -> CoverageLine:
        return CoverageLine(
            addresses=to_ranges(addresses, version),
            hosts=hosts,
            protocol=self.spec.protocol,
            ports=PortSet(ports).canonical(),
            answer=verdict.answer,
            how=verdict.how,
            at=self._last[verdict],
            reason=verdict.reason[:256],
        )

    def _region(self, address: Address) -> Verdict:
        number = int(address)
        for region in reversed(self._regions[address.version]):
            if number in region.addresses:
                return region.verdict
        return UNREACHED

    def _seen(self, verdict: Verdict, at: datetime) -> None:
        self._last[verdict] = max(at, self._last.get(verdict, at))


def _weakest(rows: Iterable[Row], everything: IntervalSet) -> Row:
    """One row for a name with several addresses."""
    found = list(rows)
    merged: Row = {}
    left = everything
    for answer in _WEAKEST_FIRST:
        for row in found:
            for verdict, ports in row.items():
                if verdict.answer == answer and (taken := ports & left):
                    merged[verdict] = merged.get(verdict, _EMPTY) | taken
                    left = left - taken
    return merged


def _row_order(item: tuple[Verdict, IntervalSet]) -> tuple[str, str, str]:
    verdict, _ = item
    return verdict.answer, verdict.how, verdict.reason
