"""Two scans, or a scan and the inventory, page by page."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import pytest

from functions.adapters.results import Results
from functions.core.coverage import Answer
from functions.core.errors import InvalidInput, NotFound
from functions.core.messages import AddressRange, PinnedHost
from functions.core.model import Protocol
from functions.core.outline import Outline, Ownership, units
from functions.core.scan import ScanCounts, ScanEvent
from functions.core.scan_diff import DiffCounts, Difference, Verdict
from functions.core.service import Service
from functions.usecases import diff_scans
from functions.usecases.diff_scans import INVENTORY, DiffPage, DiffScans
from tests.store.examples import PROJECT, after, identifier
from tests.usecases.inventory import SSH, Inventory, Line, Storage, new_inventory, opened, told

OTHER = "10.0.0.128 10.0.0.255"
LOW = "10.0.0.0 10.0.0.127"


Chunk = tuple[dict[str, Any], tuple[Line, ...]]
T = TypeVar("T")


def scanned(inventory: Inventory, at: float, *chunks: Chunk, ingest: bool = True) -> str:
    """An ended scan of these chunks, each (fields of the chunk, lines)."""
    of = inventory.begin(at)
    for number, (fields, lines) in enumerate(chunks):
        name = inventory.save(of, lines, number=number, claimed=at, **fields)
        if ingest:
            inventory.take_in(of, name)
    specs = [inventory.results.get_spec(PROJECT, of, f"{number:05}") for number in range(len(chunks))]
    return ended(inventory, of, at, list(map(Outline.of, specs)))


def ended(inventory: Inventory, of: str, at: float, plan: list[Outline]) -> str:
    inventory.results.put_outlines(PROJECT, of, plan)
    found = inventory.scans.transition(inventory.scans.get(PROJECT, of), ScanEvent.START)
    inventory.scans.transition(found, ScanEvent.COMPLETE, ended=after(at + 9), counts=ScanCounts(chunks=len(plan)))
    return of


def plain(at: float, *lines: Line, assets: str = "10.0.0.0 10.0.0.255", ports: str = "1-1000") -> Chunk:
    return {"assets": assets, "ports": ports}, (told(assets, ports, Answer.NOT_OPEN, at), *lines)


def is_open(asset: str, port: int, at: float, service: Service = SSH) -> tuple[Line, ...]:
    return told(asset, str(port), Answer.OPEN, at + 1), opened(asset, port, at + 1, service=service)


def differ(inventory: Inventory) -> DiffScans:
    return DiffScans(
        scans=inventory.scans, ledger=inventory.ledger, results=inventory.results, exposures=inventory.exposures
    )


def pages(
    inventory: Inventory, scan: str, against: str, *, limit: int = 100, verdict: Verdict | None = None
) -> Iterator[DiffPage]:
    diff, cursor = differ(inventory), ""
    while True:
        page = diff(project=PROJECT, scan=scan, against=against, limit=limit, cursor=cursor, verdict=verdict)
        yield page
        cursor = page.next_cursor
        if not cursor:
            return


def whole(
    inventory: Inventory, scan: str, against: str, **options: Any
) -> tuple[dict[tuple[str, int], Verdict], DiffCounts]:
    found: list[Difference] = []
    counts = DiffCounts()
    for page in pages(inventory, scan, against, **options):
        found += page.items
        counts += page.counts
    verdicts = {(each.asset, each.port): each.verdict for each in found}
    assert len(verdicts) == len(found)
    return verdicts, counts


NGINX = Service(name="http", product="nginx", confidence=10)


def test_two_scans_differ_cell_by_cell(inventory: Inventory) -> None:
    first = scanned(
        inventory,
        0,
        plain(1, *is_open("10.0.0.1", 22, 1), *is_open("10.0.0.1", 80, 1), *is_open("10.0.0.2", 22, 1)),
    )
    second = scanned(
        inventory,
        1000,
        plain(
            1001, *is_open("10.0.0.1", 22, 1001), *is_open("10.0.0.1", 80, 1001, NGINX), *is_open("10.0.0.9", 443, 1001)
        ),
    )
    verdicts, counts = whole(inventory, second, first)
    assert verdicts == {
        ("10.0.0.1", 80): Verdict.CHANGED,
        ("10.0.0.2", 22): Verdict.CLOSED,
        ("10.0.0.9", 443): Verdict.OPENED,
    }
    assert counts == DiffCounts(opened=1, closed=1, changed=1, unchanged=1, cells_compared=256_000)
    (page,) = pages(inventory, second, first)
    assert (page.before, page.after) == (first, second)
    backwards, _ = whole(inventory, first, second)
    assert backwards["10.0.0.9", 443] is Verdict.CLOSED
    assert whole(inventory, second, first, verdict=Verdict.UNCHANGED)[0] == {("10.0.0.1", 22): Verdict.UNCHANGED}


def test_a_narrower_scan_is_compared_where_it_looked(inventory: Inventory) -> None:
    first = scanned(inventory, 0, plain(1, *is_open("10.0.0.1", 22, 1), *is_open("10.0.0.200", 22, 1)))
    second = scanned(inventory, 1000, plain(1001, *is_open("10.0.0.1", 22, 1001), assets=LOW, ports="22,80"))
    verdicts, counts = whole(inventory, second, first)
    assert verdicts == {("10.0.0.200", 22): Verdict.NOT_COMPARABLE}
    assert (counts.unchanged, counts.not_comparable) == (1, 1)
    assert (counts.cells_compared, counts.cells_not_comparable) == (256, 255_744)


def test_a_chunk_without_a_result_compares_with_nothing(inventory: Inventory) -> None:
    first = scanned(inventory, 0, plain(1, *is_open("10.0.0.1", 22, 1), assets=LOW), plain(1, assets=OTHER))
    second = scanned(inventory, 1000, plain(1001, assets=LOW), plain(1001, assets=OTHER))
    lost = inventory.ledger.get(PROJECT, second, "00000")
    inventory.results.client.delete_object(Bucket=inventory.results.bucket, Key=lost.result_key)
    verdicts, counts = whole(inventory, second, first)
    assert verdicts == {("10.0.0.1", 22): Verdict.NOT_COMPARABLE}
    assert (counts.cells_compared, counts.cells_not_comparable) == (128_000, 128_000)


def test_the_inventory_is_what_the_scan_is_compared_with(inventory: Inventory) -> None:
    scanned(inventory, 0, plain(1, *is_open("10.0.0.200", 22, 1)))
    first = scanned(
        inventory, 1000, plain(1001, *is_open("10.0.0.1", 22, 1001), *is_open("10.0.0.2", 22, 1001), assets=LOW)
    )
    refused = told("10.0.0.2", "22", Answer.REFUSED, 2002)
    scanned(
        inventory,
        2000,
        plain(2001, *is_open("10.0.0.1", 22, 2001), *is_open("10.0.0.3", 80, 2001), refused, assets=LOW),
    )
    verdicts, counts = whole(inventory, first, INVENTORY)
    assert verdicts == {
        ("10.0.0.2", 22): Verdict.CLOSED,
        ("10.0.0.3", 80): Verdict.OPENED,
        ("10.0.0.200", 22): Verdict.NOT_COMPARABLE,
    }
    assert (counts.unchanged, counts.cells_compared, counts.cells_not_comparable) == (1, 128_000, 1)
    (page,) = pages(inventory, first, INVENTORY)
    assert (page.before, page.after) == (first, INVENTORY)


def test_hostnames_of_a_scan_are_compared(inventory: Inventory) -> None:
    host = PinnedHost(name="web.example", addresses=("192.0.2.1",))

    def chunk(at: float, port: int) -> Chunk:
        fields = {"assets": "", "hosts": (host,), "ports": "22,80"}
        name = told("", str(port), Answer.OPEN, at, hosts=("web.example",))
        rest = told("", "22" if port == 80 else "80", Answer.REFUSED, at, hosts=("web.example",))
        return fields, (name, rest, opened("web.example", port, at, address="192.0.2.1"))

    first, second = scanned(inventory, 0, chunk(1, 22)), scanned(inventory, 1000, chunk(1001, 80))
    verdicts, _ = whole(inventory, second, first)
    assert verdicts == {("web.example", 22): Verdict.CLOSED, ("web.example", 80): Verdict.OPENED}


@pytest.mark.parametrize("against", ["first", INVENTORY])
def test_pages_hold_everything_once_and_count_it_once(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch, against: str
) -> None:
    def some(at: float, *ports: int) -> tuple[Line, ...]:
        return tuple(line for port in ports for line in is_open("10.0.0.7", port, at))

    first = scanned(inventory, 0, plain(1, *some(1, 1, 2, 3, 4), assets=LOW), plain(1, assets=OTHER))
    second = scanned(inventory, 1000, plain(1001, *some(1001, 4, 5, 6), ports="1-500"), plain(1001, ports="501-1000"))
    scan, other = (second, first) if against == "first" else (first, against)
    wanted = whole(inventory, scan, other)
    assert whole(inventory, scan, other, limit=2) == wanted
    assert all(len(page.items) <= 2 for page in pages(inventory, scan, other, limit=2))
    monkeypatch.setattr(diff_scans, "MAX_LINES", 0)
    assert whole(inventory, scan, other) == wanted
    assert len(list(pages(inventory, scan, other))) > 1, "a page reads a bounded number of documents"


def test_what_cannot_be_compared_is_refused(inventory: Inventory, kept: Storage) -> None:
    first = scanned(inventory, 0, plain(1))
    elsewhere = new_inventory(kept)
    foreign = scanned(elsewhere, 0, plain(1))
    live = inventory.begin(2000)
    with pytest.raises(InvalidInput, match="same network"):
        whole(inventory, first, foreign)
    with pytest.raises(InvalidInput, match="has not ended"):
        whole(inventory, first, live)
    with pytest.raises(InvalidInput, match="has not ended"):
        whole(inventory, live, first)
    with pytest.raises(NotFound):
        whole(inventory, first, identifier("nothing"))
    with pytest.raises(InvalidInput, match="cursor"):
        differ(inventory)(project=PROJECT, scan=first, against=first, limit=1, cursor="nonsense")


def test_a_scan_whose_documents_are_gone_says_so(inventory: Inventory) -> None:
    first, second = scanned(inventory, 0, plain(1)), scanned(inventory, 1000, plain(1001))
    key = f"plans/{PROJECT}/{first}/outlines.jsonl.gz"
    inventory.results.client.delete_object(Bucket=inventory.results.bucket, Key=key)
    with pytest.raises(NotFound, match="kept no longer"):
        whole(inventory, second, first)


class Walked(list[T]):
    """Counts how often somebody goes through it from its beginning."""

    walks = 0

    def __iter__(self) -> Iterator[T]:
        self.walks += 1
        return super().__iter__()


def walks(inventory: Inventory, monkeypatch: pytest.MonkeyPatch, *, chunks: int) -> int:
    """How often a comparison of two scans, whose chunks overlap in pairs, goes through all of a plan or of its units."""
    seen: list[Walked[Any]] = []

    def walked(given: Iterable[Any]) -> Any:
        seen.append(Walked(given))
        return seen[-1]

    def plan(at: float, first: int, last: int) -> str:
        outlines = [
            Outline(
                chunk=f"{number:05}",
                addresses=(AddressRange(first=f"10.0.{number}.{first}", last=f"10.0.{number}.{last}"),),
                protocol=Protocol.TCP,
                ports="22",
            )
            for number in range(chunks)
        ]
        return ended(inventory, inventory.begin(at), at, outlines)

    one, two = plan(0, 0, 127), plan(1000, 64, 191)
    read = Results.get_outlines
    with monkeypatch.context() as patched:
        patched.setattr(Results, "get_outlines", lambda self, *of: walked(read(self, *of)))
        patched.setattr(diff_scans, "units", lambda before, after: walked(units(before, after)))
        assert whole(inventory, two, one) == ({}, DiffCounts())
    assert [len(each) for each in seen] == [chunks, chunks, 3 * chunks]
    return sum(each.walks for each in seen)


def test_a_chunk_is_found_without_going_through_all_others(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert walks(inventory, monkeypatch, chunks=3) == walks(inventory, monkeypatch, chunks=7)


def test_what_a_plan_owns_is_made_out_once_for_a_page(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = (f"10.0.0.{number}" for number in range(200, 204))
    scanned(inventory, 0, plain(1, *(line for each in outside for line in is_open(each, 22, 1))))
    scan = scanned(inventory, 1000, plain(1001, assets=LOW))
    made: list[Ownership] = []

    def own(plan: Iterable[Outline]) -> Ownership:
        made.append(Ownership(plan))
        return made[-1]

    monkeypatch.setattr(diff_scans, "_PAGE", 1)
    monkeypatch.setattr(diff_scans, "Ownership", own)
    (page,) = pages(inventory, scan, INVENTORY)
    assert page.counts.not_comparable == 4
    assert len(made) == 1


def test_a_page_reads_a_bounded_number_of_exposures(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = range(1, 6)
    scan = scanned(inventory, 0, plain(1, *(line for port in ports for line in is_open("10.0.0.7", port, 1))))
    wanted = whole(inventory, scan, INVENTORY)
    monkeypatch.setattr(diff_scans, "_PAGE", 1)
    monkeypatch.setattr(diff_scans, "MAX_LINES", 2)
    assert wanted[1].unchanged == len(ports)
    assert whole(inventory, scan, INVENTORY) == wanted
    assert len(list(pages(inventory, scan, INVENTORY))) == 3, "the chunk, three exposures, two exposures"
