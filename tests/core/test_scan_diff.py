"""A difference is told cell by cell, whatever the chunks were, and only where both sides cover the cell."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.block_evidence import BlockEvidence
from functions.core.coverage import COVERED, Answer, Method
from functions.core.messages import AddressRange, ChunkSpec, CoverageLine, ObservationLine, PinnedHost
from functions.core.model import Protocol
from functions.core.outline import Outline, Ownership, Region, Unit, units
from functions.core.ports import PortSet
from functions.core.profile import PROFILES
from functions.core.result_evidence import ResultEvidence
from functions.core.scan_diff import DiffCounts, Difference, Territory, Verdict, compare, told, view_of
from functions.core.service import Service
from functions.core.targets import TargetSet
from tests.core.specs import NETWORK, PROJECT, SCAN

AT = datetime(2026, 1, 2, tzinfo=UTC)
ASSETS = ("10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1", "10.0.1.2")
PORTS = (21, 22, 23, 80)
Cell = tuple[str, int]
T = TypeVar("T")
Said = dict[Cell, Answer]


@dataclass(frozen=True)
class Plan:
    """A grid of chunks: `assets` and `ports` by consecutive parts."""

    assets: tuple[tuple[str, ...], ...]
    ports: tuple[tuple[int, ...], ...]

    def specs(self) -> list[ChunkSpec]:
        parts = [(assets, ports) for ports in self.ports for assets in self.assets]
        return [spec(f"{index:05}", assets, ports) for index, (assets, ports) in enumerate(parts)]


def spec(chunk: str, assets: tuple[str, ...], ports: tuple[int, ...], hosts: tuple[PinnedHost, ...] = ()) -> ChunkSpec:
    return ChunkSpec(
        project=PROJECT,
        network=NETWORK,
        scan=SCAN,
        chunk=chunk,
        addresses=(AddressRange(first=assets[0], last=assets[-1]),) if assets else (),
        hosts=hosts,
        protocol=Protocol.TCP,
        ports=PortSet.of(ports).canonical(),
        profile=PROFILES["standard"],
        rate=100,
        deadline_s=300,
        lease_s=400,
    )


def cells_of(each: ChunkSpec) -> list[Cell]:
    region = Region.of(Outline.of(each))
    found = [
        asset
        for asset in ASSETS
        if region.v4 and Ownership([Outline.of(each)]).owns(each.protocol, asset, min(region.ports))
    ]
    return [(asset, port) for asset in (*found, *region.names) for port in region.ports]


def blocks(each: ChunkSpec, said: Said, service: Service) -> list[BlockEvidence]:
    evidence = ResultEvidence(each, TargetSet(), admit_loopback=True, earliest=AT, latest=AT)
    for asset, port in cells_of(each):
        answer = said.get((asset, port), Answer.NOT_COVERED)
        named = not asset[0].isdigit()
        addresses = () if named else (AddressRange(first=asset, last=asset),)
        evidence.add(
            CoverageLine(
                addresses=addresses,
                hosts=(asset,) if named else (),
                protocol=each.protocol,
                ports=str(port),
                answer=answer,
                how=Method.SYN,
                at=AT,
            )
        )
        if answer is Answer.OPEN:
            address = each.hosts[0].addresses[0] if named else asset
            evidence.add(
                ObservationLine(
                    asset=asset,
                    address=address,
                    protocol=each.protocol,
                    port=port,
                    how=Method.SYN,
                    service=service,
                    at=AT,
                )
            )
    return list(evidence.blocks())


@dataclass
class Side:
    specs: list[ChunkSpec]
    said: Said
    service: Service = field(default_factory=Service)

    def __post_init__(self) -> None:
        self.by_chunk = {each.chunk: each for each in self.specs}

    @property
    def outlines(self) -> list[Outline]:
        return [Outline.of(each) for each in self.specs]

    def blocks(self, chunk: str) -> list[BlockEvidence]:
        return blocks(self.by_chunk[chunk], self.said, self.service) if chunk else []

    def region(self, chunk: str) -> Region:
        return Region.of(Outline.of(self.by_chunk[chunk]))


def diff(before: Side, after: Side) -> tuple[list[Difference], DiffCounts]:
    found: list[Difference] = []
    counts = DiffCounts()
    every = units(before.outlines, after.outlines)
    for unit in every:
        one, two = before.blocks(unit.before), after.blocks(unit.after)
        territory = territory_of(unit, every, before, after)
        seen_one, seen_two = view_of(one, territory), view_of(two, territory)
        open_one, open_two = seen_one.open(), seen_two.open()
        seen_one.seen |= told(one, open_two - open_one)
        seen_two.seen |= told(two, open_one - open_two)
        items, more = compare(Protocol.TCP, seen_one, seen_two)
        found += items
        counts += more
    return found, counts


def territory_of(unit: Unit, every: list[Unit], before: Side, after: Side) -> Territory:
    if unit.before and unit.after:
        return Territory(before.region(unit.before) & after.region(unit.after))
    if unit.after:
        others = [each.before for each in every if each.after == unit.after and each.before]
        return Territory(after.region(unit.after), tuple(map(before.region, others)))
    others = [each.after for each in every if each.before == unit.before and each.after]
    return Territory(before.region(unit.before), tuple(map(after.region, others)))


def expected(before: Side, after: Side) -> dict[Cell, Verdict]:
    """By the definition, cell by cell."""
    verdicts: dict[Cell, Verdict] = {}
    for cell in before.said.keys() | after.said.keys():
        one, two = before.said.get(cell), after.said.get(cell)
        if Answer.OPEN not in (one, two):
            continue
        if one not in COVERED or two not in COVERED:
            verdicts[cell] = Verdict.NOT_COMPARABLE
        elif one == two:
            verdicts[cell] = Verdict.UNCHANGED
        else:
            verdicts[cell] = Verdict.OPENED if two is Answer.OPEN else Verdict.CLOSED
    return verdicts


@st.composite
def sides(draw: st.DrawFn) -> Side:
    def parts(whole: tuple[T, ...]) -> tuple[tuple[T, ...], ...]:
        first = draw(st.integers(0, len(whole) - 1))
        last = draw(st.integers(first + 1, len(whole)))
        cuts = sorted({first, last, *draw(st.sets(st.integers(first, last), max_size=2))})
        return tuple(whole[low:high] for low, high in pairwise(cuts))

    plan = Plan(parts(ASSETS), parts(PORTS))
    specs = plan.specs()
    answers = st.sampled_from([*Answer])
    return Side(specs, {cell: draw(answers) for each in specs for cell in cells_of(each)})


@given(sides(), sides())
def test_any_two_layouts_give_the_verdict_of_each_cell(before: Side, after: Side) -> None:
    found, counts = diff(before, after)
    wanted = expected(before, after)
    told_of = {(each.asset, each.port): each.verdict for each in found}
    assert told_of == wanted
    assert len(found) == len(wanted), "each cell once"
    for verdict in Verdict:
        assert getattr(counts, verdict) == sum(each is verdict for each in wanted.values())
    covered = [{cell for cell, answer in side.said.items() if answer in COVERED} for side in (before, after)]
    assert counts.cells_compared == len(covered[0] & covered[1])
    assert counts.cells_not_comparable == len(covered[0] ^ covered[1])


ONE = spec("00000", ("10.0.0.254",), (22,))


def verdict_of(before: Service, after: Service) -> Verdict:
    said = {("10.0.0.254", 22): Answer.OPEN}
    (found,), _ = diff(Side([ONE], said, before), Side([ONE], said, after))
    return found.verdict


SSH = Service(name="ssh", product="OpenSSH", version="9.2", confidence=10)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (SSH, Verdict.UNCHANGED),
        (SSH.model_copy(update={"version": "9.6"}), Verdict.CHANGED),
        (SSH.model_copy(update={"name": "http", "product": "nginx"}), Verdict.CHANGED),
        (SSH.model_copy(update={"extra": "protocol 2.0"}), Verdict.UNCHANGED),
        (SSH.model_copy(update={"product": "", "version": ""}), Verdict.UNCHANGED),
        (Service(), Verdict.UNCHANGED),
    ],
)
def test_a_service_has_changed_where_both_know_it_and_it_is_another(after: Service, verdict: Verdict) -> None:
    assert verdict_of(SSH, after) is verdict


def test_a_scan_that_asked_for_no_service_says_nothing_of_it() -> None:
    assert verdict_of(Service(), SSH) is Verdict.UNCHANGED


def test_what_a_closed_port_answered_is_shown() -> None:
    cell = ("10.0.0.254", 22)
    (found,), _ = diff(Side([ONE], {cell: Answer.OPEN}, SSH), Side([ONE], {cell: Answer.REFUSED}))
    assert found.verdict is Verdict.CLOSED
    assert found.before is not None
    assert found.after is not None
    assert (found.before.service, found.after.answer, found.after.how) == (SSH, Answer.REFUSED, Method.SYN)


def test_hostnames_are_compared_by_name() -> None:
    def at(address: str) -> ChunkSpec:
        return spec("00000", (), (22, 80), (PinnedHost(name="web.example", addresses=(address,)),))

    said = {("web.example", 22): Answer.OPEN, ("web.example", 80): Answer.REFUSED}
    other = {("web.example", 22): Answer.OPEN, ("web.example", 80): Answer.OPEN}
    found, counts = diff(Side([at("192.0.2.1")], said), Side([at("192.0.2.9")], other))
    assert [(each.asset, each.port, each.verdict) for each in found] == [
        ("web.example", 22, Verdict.UNCHANGED),
        ("web.example", 80, Verdict.OPENED),
    ]
    assert counts.cells_not_comparable == 0


def test_a_plan_knows_its_cells() -> None:
    owned = Ownership([Outline.of(each) for each in Plan((ASSETS[:2], ASSETS[2:3]), ((21, 22), (80,))).specs()])
    assert {
        cell for cell in ((asset, port) for asset in ASSETS for port in PORTS) if owned.owns(Protocol.TCP, *cell)
    } == {(asset, port) for asset in ASSETS[:3] for port in (21, 22, 80)}
    assert not owned.owns(Protocol.UDP, ASSETS[0], 21)
    assert not owned.owns(Protocol.TCP, "web.example", 21)
