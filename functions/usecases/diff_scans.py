"""What differs between two scans of a network, or between a scan and the inventory, a page at a time."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol as Shape

from functions.adapters.results import Results
from functions.core.errors import InvalidInput
from functions.core.model import Model
from functions.core.outline import Ownership, Region, Unit, units
from functions.core.scan import LIVE, Scan
from functions.core.scan_diff import (
    DiffCounts,
    Difference,
    Territory,
    Verdict,
    View,
    compare,
    inventory_view,
    is_open,
    not_covered,
    told,
    view_of,
)
from functions.store.cursor import read_cursor, write_cursor
from functions.store.exposures import Exposures
from functions.store.ledger import Ledger
from functions.store.scans import Scans
from functions.usecases.scan_evidence import ScanEvidence

INVENTORY = "inventory"
MAX_LINES = 50_000
"""Lines of results, and exposures, after which a page takes up nothing further: it may be short and have a next one."""
SHOWN = frozenset(Verdict) - {Verdict.UNCHANGED}
_PAGE = 200


class DiffPage(Model):
    """`counts` tell of what this page has compared: the sums over all pages are those of the whole."""

    before: str
    after: str
    """A scan, or `inventory`: as it is now."""
    items: tuple[Difference, ...]
    counts: DiffCounts
    next_cursor: str = ""


@dataclass(frozen=True, kw_only=True)
class DiffScans:
    scans: Scans
    ledger: Ledger
    results: Results
    exposures: Exposures

    def __call__(
        self, *, project: str, scan: str, against: str, verdict: Verdict | None = None, limit: int, cursor: str = ""
    ) -> DiffPage:
        """What changed from the scan `against` to this one; with `inventory`, from this scan to the inventory as it is now.

        Everything but what is unchanged, or only what has this `verdict`. Raises NotFound, InvalidInput for scans of
        different networks, scans that have not ended and foreign cursors, Corrupt, Unavailable.
        """
        tag = ("diff", project, scan, against, str(verdict or ""))
        position = read_cursor(cursor, *tag)
        found = self._ended(project, scan, "scan")
        diff: _Diff
        if against == INVENTORY:
            diff = _InventoryDiff(found, self._documents(found), self.exposures)
        else:
            diff = _ScanDiff(self._documents(self._other(found, against)), self._documents(found))
        items, counts, following = _page(diff, frozenset({verdict}) if verdict else SHOWN, limit, position)
        return DiffPage(
            before=scan if against == INVENTORY else against,
            after=INVENTORY if against == INVENTORY else scan,
            items=tuple(items),
            counts=counts,
            next_cursor=write_cursor(following, *tag) if following else "",
        )

    def _ended(self, project: str, scan: str, name: str) -> Scan:
        found = self.scans.get(project, scan)
        if found.status in LIVE:
            raise InvalidInput(name, f"scan {scan} has not ended: wait for its end")
        return found

    def _other(self, scan: Scan, against: str) -> Scan:
        other = self._ended(scan.project, against, "against")
        if other.network != scan.network:
            raise InvalidInput("against", f"give a scan of the same network, or `{INVENTORY}`")
        return other

    def _documents(self, scan: Scan) -> ScanEvidence:
        return ScanEvidence(scan, self.ledger, self.results)


@dataclass(frozen=True)
class _Step:
    """What one unit of work came to, and where the next one is; empty: this was the last."""

    items: tuple[Difference, ...] = ()
    counts: DiffCounts = field(default_factory=DiffCounts)
    following: str = ""


class _Diff(Shape):
    @property
    def lines(self) -> int: ...

    def step(self, position: str) -> _Step: ...


class _ScanDiff:
    def __init__(self, before: ScanEvidence, after: ScanEvidence) -> None:
        self._before, self._after = before, after
        self._units = units(before.outlines, after.outlines)
        self._befores: dict[str, list[str]] = {}
        self._afters: dict[str, list[str]] = {}
        """The other side's chunks that share cells with a chunk."""
        for unit in self._units:
            if unit.before and unit.after:
                self._befores.setdefault(unit.after, []).append(unit.before)
                self._afters.setdefault(unit.before, []).append(unit.after)

    @property
    def lines(self) -> int:
        return self._before.lines + self._after.lines

    def step(self, position: str) -> _Step:
        index = _index(position, len(self._units))
        if not self._units:
            return _Step()
        unit = self._units[index]
        owner = self._after.outline(unit.after) if unit.after else self._before.outline(unit.before)
        one, two = self._views(unit, self._territory(unit))
        items, counts = compare(owner.protocol, one, two)
        return _Step(items, counts, str(index + 1) if index + 1 < len(self._units) else "")

    def _territory(self, unit: Unit) -> Territory:
        if unit.before and unit.after:
            return Territory(self._before.region(unit.before) & self._after.region(unit.after))
        if unit.after:
            others = self._befores.get(unit.after, ())
            return Territory(self._after.region(unit.after), tuple(map(self._before.region, others)))
        others = self._afters.get(unit.before, ())
        return Territory(self._before.region(unit.before), tuple(map(self._after.region, others)))

    def _views(self, unit: Unit, territory: Territory) -> tuple[View, View]:
        """Each with what it says of the cells that the other has open."""
        blocks_one = self._before.blocks(unit.before) if unit.before else []
        blocks_two = self._after.blocks(unit.after) if unit.after else []
        one, two = view_of(blocks_one, territory), view_of(blocks_two, territory)
        open_one, open_two = one.open(), two.open()
        one.seen |= told(blocks_one, open_two - open_one)
        two.seen |= told(blocks_two, open_one - open_two)
        return one, two


class _InventoryDiff:
    """Chunk by chunk, then what the inventory holds open outside of the scan."""

    def __init__(self, scan: Scan, documents: ScanEvidence, exposures: Exposures) -> None:
        self._scan, self._documents, self._exposures = scan, documents, exposures
        self._listed = 0

    @property
    def lines(self) -> int:
        return self._documents.lines + self._listed

    def step(self, position: str) -> _Step:
        chunk, _, rest = position.partition("/")
        outlines = self._documents.outlines
        index = _index(chunk, len(outlines) + 1)
        return self._chunk(index) if index < len(outlines) else self._outside(rest)

    def _chunk(self, index: int) -> _Step:
        outline = self._documents.outlines[index]
        territory = Territory(Region.of(outline))
        blocks = self._documents.blocks(outline.chunk)
        scanned = view_of(blocks, territory)
        kept = self._exposures.open_in(
            self._scan.project, self._scan.network, outline.addresses, outline.hosts, outline.protocol
        )
        known = inventory_view(kept, scanned, territory)
        scanned.seen |= told(blocks, known.open() - scanned.open())
        items, counts = compare(outline.protocol, scanned, known)
        return _Step(items, counts, str(index + 1))

    @cached_property
    def _owned(self) -> Ownership:
        return Ownership(self._documents.outlines)

    def _outside(self, cursor: str) -> _Step:
        page = self._exposures.list(self._scan.project, self._scan.network, limit=_PAGE, cursor=cursor)
        self._listed += len(page.items)
        items = tuple(
            not_covered(each)
            for each in page.items
            if is_open(each) and not self._owned.owns(each.protocol, each.asset, each.port)
        )
        counts = DiffCounts(not_comparable=len(items), cells_not_comparable=len(items))
        following = f"{len(self._documents.outlines)}/{page.next_cursor}" if page.next_cursor else ""
        return _Step(items, counts, following)


def _page(diff: _Diff, wanted: frozenset[Verdict], limit: int, cursor: str) -> tuple[list[Difference], DiffCounts, str]:
    """A page's items and counts, and where the next one starts: how many items of which step have been told."""
    text, _, position = cursor.partition(":")
    skip = _index(text)
    items: list[Difference] = []
    counts = DiffCounts()
    while True:
        step = diff.step(position)
        chosen = [each for each in step.items if each.verdict in wanted]
        counts += step.counts if not skip else DiffCounts()
        taken = chosen[skip : skip + limit - len(items)]
        items += taken
        if skip + len(taken) < len(chosen):
            return items, counts, f"{skip + len(taken)}:{position}"
        if not step.following or len(items) == limit or diff.lines > MAX_LINES:
            return items, counts, f"0:{step.following}" if step.following else ""
        position, skip = step.following, 0


def _index(text: str, below: int | None = None) -> int:
    """A number of a cursor's position; none is the first. Raises InvalidInput."""
    if text and not (text.isascii() and text.isdecimal()):
        raise InvalidInput("cursor", "the cursor is damaged; start the list again without one")
    number = int(text or 0)
    if below is not None and number >= max(below, 1):
        raise InvalidInput("cursor", "the cursor is damaged; start the list again without one")
    return number
