"""What differs between two views of the same cells, cell by cell, and only where both of them cover it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from functions.core.block import Block
from functions.core.block_evidence import BlockEvidence, Cell, Seen
from functions.core.coverage import COVERED, Answer, Method
from functions.core.coverage_map import Rectangle, rows_of, without
from functions.core.exposure import PRESENT, Exposure, ExposureState
from functions.core.facts import another_key
from functions.core.intervals import IntervalSet
from functions.core.judge import better_service
from functions.core.model import Model, Protocol, Time
from functions.core.outline import Region
from functions.core.service import Service

Place = tuple[Block, int, int]
"""A cell anywhere: its block, the asset's offset in it, the port."""


class Verdict(StrEnum):
    OPENED = "opened"
    CLOSED = "closed"
    CHANGED = "changed"
    """Open in both, with another service."""
    UNCHANGED = "unchanged"
    NOT_COMPARABLE = "not_comparable"
    """Open in one of them, and not covered by the other."""


class Glimpse(Model):
    """What one of the two says of a cell. Of the inventory a closed port is `not_open`, without a time."""

    answer: Answer
    how: Method = Method.NONE
    at: Time | None = None
    service: Service = Service()


class Difference(Model):
    verdict: Verdict
    asset: str
    protocol: Protocol
    port: int
    before: Glimpse | None = None
    """None: not covered there."""
    after: Glimpse | None = None


class DiffCounts(Model):
    """`cells_compared` and `cells_not_comparable` count every cell, the others those that are open in either of the two."""

    opened: int = 0
    closed: int = 0
    changed: int = 0
    unchanged: int = 0
    not_comparable: int = 0
    cells_compared: int = 0
    cells_not_comparable: int = 0

    def __add__(self, other: "DiffCounts") -> "DiffCounts":
        return DiffCounts(**{name: getattr(self, name) + getattr(other, name) for name in DiffCounts.model_fields})


@dataclass(frozen=True, slots=True)
class Territory:
    """The cells that are compared: `region` without what others own of it."""

    region: Region
    others: tuple[Region, ...] = ()

    def in_block(self, block: Block) -> list[Rectangle]:
        offsets = self.region.offsets(block)
        area: list[Rectangle] = [(offsets, self.region.ports)] if offsets and self.region.ports else []
        for other in self.others:
            if theirs := other.offsets(block):
                area = [rest for each in area for rest in without(each, theirs, other.ports)]
        return area


@dataclass(slots=True)
class View:
    """What one side says of a territory: its covered cells as disjoint rectangles by block, and what it saw."""

    rows: dict[Block, list[Rectangle]] = field(default_factory=dict)
    seen: dict[Place, Seen] = field(default_factory=dict)

    def covers(self, place: Place) -> bool:
        block, asset, port = place
        return any(asset in assets and port in ports for assets, ports in self.rows.get(block, ()))

    def open(self) -> set[Place]:
        return {place for place, seen in self.seen.items() if seen.answer is Answer.OPEN}

    @property
    def cells(self) -> int:
        return sum(assets.count * ports.count for rows in self.rows.values() for assets, ports in rows)

    def common(self, other: "View") -> int:
        """How many cells both cover."""
        return sum(
            (assets & theirs).count * (ports & their_ports).count
            for block, rows in self.rows.items()
            for assets, ports in rows
            for theirs, their_ports in other.rows.get(block, ())
        )


NOTHING = View()
"""Of a chunk without a result: it covers nothing."""


def view_of(blocks: Iterable[BlockEvidence], territory: Territory) -> View:
    """What a result says of the territory."""
    view = View()
    for each in blocks:
        if area := territory.in_block(each.block):
            seen = each.seen(frozenset())
            view.rows[each.block] = rows_of(_inside(_covered(each, seen), area))
            view.seen |= {
                (each.block, *cell): what
                for cell, what in seen.items()
                if what.answer is Answer.OPEN and _holds(area, cell)
            }
    return view


def told(blocks: Iterable[BlockEvidence], places: Iterable[Place]) -> dict[Place, Seen]:
    """What a result says of these cells, as far as it covers them."""
    wanted: dict[Block, set[Cell]] = {}
    for block, asset, port in places:
        wanted.setdefault(block, set()).add((asset, port))
    return {
        (each.block, *cell): seen
        for each in blocks
        if each.block in wanted
        for cell, seen in each.seen(frozenset(wanted[each.block])).items()
        if cell in wanted[each.block] and seen.answer in COVERED
    }


def inventory_view(exposures: Iterable[Exposure], scanned: View, territory: Territory) -> View:
    """The inventory remembers of every cell that a scan covered whether it is open; of the others only what is open."""
    open_now = {
        (block, block.offset(each.asset), each.port): Seen(
            Answer.OPEN, each.change.how, each.last_changed, each.address, each.service
        )
        for each in exposures
        for block in (Block.of(each.asset),)
        if is_open(each) and _holds(territory.in_block(block), (block.offset(each.asset), each.port))
    }
    parts: dict[Block, list[Rectangle]] = {block: list(rows) for block, rows in scanned.rows.items()}
    for block, asset, port in open_now:
        parts.setdefault(block, []).append((_one(asset), _one(port)))
    return View({block: rows_of(rows) for block, rows in parts.items()}, open_now)


def is_open(exposure: Exposure) -> bool:
    """Whether the last verdict on it was that it is open."""
    return exposure.state in PRESENT and (exposure.state is not ExposureState.FLAPPING or exposure.answering)


def not_covered(exposure: Exposure) -> Difference:
    """Of an open exposure that lies outside of the scan."""
    known = Glimpse(answer=Answer.OPEN, how=exposure.change.how, at=exposure.last_changed, service=exposure.service)
    return Difference(
        verdict=Verdict.NOT_COMPARABLE,
        asset=exposure.asset,
        protocol=exposure.protocol,
        port=exposure.port,
        after=known,
    )


def compare(protocol: Protocol, before: View, after: View) -> tuple[tuple[Difference, ...], DiffCounts]:
    """Every cell that is open in either, in the order of assets and ports; and the counts of all."""
    found = tuple(_difference(protocol, place, before, after) for place in sorted(before.open() | after.open()))
    common = before.common(after)
    verdicts = Counter(str(each.verdict) for each in found)
    cells = {"cells_compared": common, "cells_not_comparable": before.cells + after.cells - 2 * common}
    return found, DiffCounts(**verdicts, **cells)


def _difference(protocol: Protocol, place: Place, before: View, after: View) -> Difference:
    block, asset, port = place
    one, two = _glimpse(before, place), _glimpse(after, place)
    return Difference(
        verdict=_verdict(one, two),
        asset=block.asset(asset),
        protocol=protocol,
        port=port,
        before=one,
        after=two,
    )


def _verdict(before: Glimpse | None, after: Glimpse | None) -> Verdict:
    if before is None or after is None:
        return Verdict.NOT_COMPARABLE
    if before.answer is not Answer.OPEN:
        return Verdict.OPENED
    if after.answer is not Answer.OPEN:
        return Verdict.CLOSED
    return Verdict.CHANGED if _is_another(before.service, after.service) else Verdict.UNCHANGED


def _is_another(before: Service, after: Service) -> bool:
    """Whether both were asked for their service, and the later answer is another one and no mere lack of detail."""
    if not before.name or not after.name:
        return False
    if another_key(before.ssh, after.ssh) or _another_certificate(before, after):
        return True
    believed = better_service(before, after)
    return any(getattr(believed, each) != getattr(before, each) for each in ("name", "product", "version", "tunnel"))


def _another_certificate(before: Service, after: Service) -> bool:
    return before.tls is not None and after.tls is not None and before.tls != after.tls


def _glimpse(view: View, place: Place) -> Glimpse | None:
    seen = view.seen.get(place)
    if seen is not None:
        return Glimpse(answer=seen.answer, how=seen.how, at=seen.at, service=seen.service)
    return Glimpse(answer=Answer.NOT_OPEN) if view.covers(place) else None


def _covered(each: BlockEvidence, seen: Mapping[Cell, Seen]) -> list[Rectangle]:
    """With what was seen open though no coverage line says so."""
    told_covered = [(row.assets, row.ports) for row in each.rectangles if row.answer in COVERED]
    return told_covered + [
        (_one(asset), _one(port)) for (asset, port), what in seen.items() if what.answer is Answer.OPEN
    ]


def _inside(rectangles: Iterable[Rectangle], area: Sequence[Rectangle]) -> list[Rectangle]:
    return [
        (common, ports & their_ports)
        for assets, ports in rectangles
        for theirs, their_ports in area
        if (common := assets & theirs) and ports & their_ports
    ]


def _holds(area: Sequence[Rectangle], cell: Cell) -> bool:
    return any(cell[0] in assets and cell[1] in ports for assets, ports in area)


def _one(number: int) -> IntervalSet:
    return IntervalSet(((number, number),))
