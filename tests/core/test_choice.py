"""The layout that a scan gets is the cheapest of those that are soon enough."""

from dataclasses import replace
from math import ceil

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from functions.core.choice import FEWER_ASSETS, PATIENCE, Choice, Means, choose
from functions.core.density import Density, Spread
from functions.core.errors import InvalidInput
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.layout import MAX_CHUNKS, MIN_SHARE, MOST_ASSETS, Cut, Demand, Layout
from functions.core.model import Protocol
from functions.core.outlook import Case, Errand, sampled_cells, usage_of, wall_seconds
from functions.core.pace import HOST_PACE, MOST_PPS, SCAN_STEPS, added_seconds
from functions.core.prices import bill
from functions.core.profile import PROFILES
from tests.core.specs import MACHINE, means
from tests.core.test_layout import demand, up

STAGE = means(max_tasks=40, chunk_seconds=300, deadline_s=1800)
HOSTS_FIRST = HostDiscovery(by=(Question.ICMP, Question.TCP), tcp_ports=tuple(range(1, 17)))
"""All that one can be asked: 34 packets to a host that is silent."""


def errand(*demands: Demand, profile: str = "standard") -> Errand:
    return Errand(demands=demands, profile=PROFILES[profile], public=0)


def there(errand: Errand, *, share: float = 0.2, ports: float = 4, more: float = 5) -> Density:
    """So many of the assets are up, with so many open ports each; `more`: times as many may be."""
    assets = sum(each.assets for each in errand.demands)
    hosts, most = share * assets, sum(each.ports for each in errand.demands)
    open_ports = hosts * min(ports, most)
    return Density(
        Spread(low=hosts, expected=hosts, high=min(assets, more * hosts)),
        Spread(low=open_ports, expected=open_ports, high=more * open_ports),
        unnamed=0.15,
    )


def case_of(density: Density, stage: Means, end: str = "expected") -> Case:
    hosts, ports = getattr(density.hosts, end), getattr(density.open_ports, end)
    return Case(hosts=hosts, open_ports=ports, unnamed=density.unnamed, start_s=stage.start_s, steps_s=stage.steps_s)


def longest_s(errand: Errand, layout: Layout, case: Case) -> float:
    """What the worker of a chunk takes: so long would the scan take if it had a task for each."""
    at_once = wall_seconds(errand, replace(layout, tasks=layout.chunks), case)
    return at_once - (1 + SCAN_STEPS) * case.steps_s - case.start_s


def usd(errand: Errand, layout: Layout, case: Case) -> float:
    return bill(usage_of(errand, layout, case), MACHINE).total


def formerly(errand: Errand, *, rate: int, stage: Means) -> Layout | None:
    """How chunks were cut before: by probes and rate alone, for as many tasks as discovery keeps busy. None: it was refused."""
    demands, retries = errand.demands, errand.profile.retries
    most = FEWER_ASSETS if errand.profile.service_detection else MOST_ASSETS
    probes = sum(each.addresses * each.ports for each in demands) * (1 + retries)
    useful = max(up(probes, rate * stage.chunk_seconds), len(demands), up(sum(each.assets for each in demands), most))
    for tasks in range(max(1, min(stage.max_tasks, useful, rate // MIN_SHARE)), 0, -1):
        rounds = max(1, up(probes, rate // tasks * tasks * stage.chunk_seconds))
        budget = up(probes, rounds * tasks * (1 + retries))
        cuts = tuple(formerly_cut(each, budget, stage.chunk_seconds, most) for each in demands)
        chunks = sum(cut.chunks for cut in cuts)
        if chunks <= MAX_CHUNKS:
            at_once = max(1, min(tasks, chunks))
            return Layout(tasks=at_once, share=rate // at_once, cuts=cuts, seconds=0)
    return None


def formerly_cut(each: Demand, budget: int, chunk_seconds: int, most: int) -> Cut:
    per_asset = up(each.addresses, each.assets)
    ports = min(each.ports, HOST_PACE[each.protocol] * chunk_seconds, max(1, budget // per_asset))
    parts = max(up(each.assets, most), up(each.assets * per_asset * ports, budget))
    return Cut(asset_parts=min(each.assets, parts), port_parts=up(each.ports, ports))


def is_bounded(errand: Errand, layout: Layout, density: Density, rate: int, stage: Means) -> bool:
    """Whether no chunk sends more than a task can, or identifies for longer than may be lost."""
    assets = sum(each.assets for each in errand.demands)
    cells = sum(each.assets * each.ports for each in errand.demands)
    if rate // layout.tasks > MOST_PPS:
        return False
    for each, cut in zip(errand.demands, layout.cuts, strict=True):
        size, ports = up(each.assets, cut.asset_parts), up(each.ports, cut.port_parts)
        for seconds, end in ((stage.chunk_seconds, "expected"), (stage.deadline_s - stage.chunk_seconds, "high")):
            found = case_of(density, stage, end)
            takes = size * added_seconds(
                each.protocol, hosts=found.hosts / assets, open_ports=found.open_ports * ports / cells
            )
            if errand.profile.service_detection and takes > seconds:
                return False
    return True


ERRANDS = st.builds(
    errand,
    st.builds(demand, st.integers(1, 2**20), st.integers(1, 65535), st.sampled_from(Protocol), st.integers(1, 3)),
    st.builds(demand, st.integers(1, 2**16), st.integers(1, 2000), st.sampled_from(Protocol)),
    profile=st.sampled_from(["standard", "discovery", "thorough", "connect"]),
) | st.builds(errand, st.builds(demand, st.integers(1, 2**24), st.integers(1, 200)))
STAGES = st.builds(
    means,
    max_tasks=st.integers(1, 64),
    chunk_seconds=st.sampled_from([60, 300]),
    deadline_s=st.just(1800),
    start_s=st.sampled_from([3, 40, 90]),
)
RATES = st.integers(20, 1_000_000)
SHARES = st.sampled_from([0.01, 0.2, 1.0])


@settings(max_examples=60, deadline=None)
@given(ERRANDS, RATES, STAGES, SHARES)
def test_it_is_never_dearer_and_slower_than_what_was_cut_before(
    errand: Errand, rate: int, stage: Means, share: float
) -> None:
    density = there(errand, share=share)
    before = formerly(errand, rate=rate, stage=stage)
    assume(before is not None and is_bounded(errand, before, density, rate, stage))
    assert before is not None
    chosen = choose(errand, rate=rate, density=density, means=stage)
    case, full = case_of(density, stage), case_of(density, stage, "high")

    assume(sampled_cells(errand, before, case) >= sampled_cells(errand, chosen.layout, case))
    dearer = usd(errand, chosen.layout, case) > usd(errand, before, case)
    slower = chosen.seconds > wall_seconds(errand, before, case)
    slower_if_more = wall_seconds(errand, chosen.layout, full) >= wall_seconds(errand, before, full)
    assert not (dearer and slower and slower_if_more)


@settings(max_examples=60, deadline=None)
@given(ERRANDS, RATES, STAGES, SHARES)
def test_without_a_deadline_it_is_about_as_fast_as_can_be(
    errand: Errand, rate: int, stage: Means, share: float
) -> None:
    density = there(errand, share=share)
    chosen = asked(errand, rate, density, stage)
    assume(chosen is not None)
    assert chosen is not None
    assert chosen.seconds <= max(PATIENCE * chosen.shortest_s, chosen.shortest_s + stage.start_s)
    assert chosen.seconds == wall_seconds(errand, chosen.layout, case_of(density, stage))
    assert chosen == choose(errand, rate=rate, density=density, means=stage), "the same for the same"
    assert chosen.layout.tasks <= min(stage.max_tasks, chosen.layout.chunks)
    assert chosen.layout.tasks * chosen.layout.share <= rate


@settings(max_examples=60, deadline=None)
@given(ERRANDS, RATES, STAGES, st.integers(1, 10_080))
def test_a_deadline_is_met_or_missed_by_the_fastest_which_says_so(
    errand: Errand, rate: int, stage: Means, minutes: int
) -> None:
    density = there(errand)
    free = asked(errand, rate, density, stage)
    assume(free is not None)
    assert free is not None
    bound = choose(errand, rate=rate, density=density, means=stage, deadline_minutes=minutes)
    if free.shortest_s > 60 * minutes:
        assert bound.seconds == free.shortest_s
        assert f" {ceil(free.shortest_s / 60)} minutes at least" in bound.late
        return
    assert not bound.late
    assert bound.seconds <= 60 * minutes
    case = case_of(density, stage)
    if free.seconds <= 60 * minutes:
        assert usd(errand, bound.layout, case) <= usd(errand, free.layout, case)


def asked(errand: Errand, rate: int, density: Density, stage: Means) -> Choice | None:
    """None: it takes too many chunks."""
    try:
        return choose(errand, rate=rate, density=density, means=stage)
    except InvalidInput:
        return None


def chosen(*demands: Demand, rate: int = 1000, minutes: int | None = None, stage: Means = STAGE) -> Choice:
    wanted = errand(*demands)
    return choose(wanted, rate=rate, density=there(wanted), means=stage, deadline_minutes=minutes)


def test_a_shorter_deadline_takes_more_tasks_and_a_longer_one_is_cheaper() -> None:
    wide = demand(2**20, 1000)
    soon, late = (chosen(wide, rate=200_000, minutes=minutes) for minutes in (250, 600))

    assert soon.layout.tasks > late.layout.tasks
    assert soon.seconds <= 250 * 60 < late.seconds <= 600 * 60


def test_where_the_rate_bounds_all_one_task_sends_what_many_would() -> None:
    assert chosen(demand(4096, 1000), rate=10_000).layout.tasks == 1


def test_where_one_task_cannot_send_it_there_are_more() -> None:
    assert chosen(demand(2**16, 1000), rate=300_000).layout.tasks >= 4


def test_many_open_ports_are_identified_side_by_side() -> None:
    wanted = errand(demand(2**16, 100))
    few, many = (
        choose(wanted, rate=100_000, density=there(wanted, share=share, more=1), means=STAGE) for share in (0.001, 1.0)
    )
    assert many.layout.tasks > 4 * few.layout.tasks
    assert many.layout.chunks > few.layout.chunks


def test_no_chunk_is_expected_to_identify_for_longer_than_may_be_lost() -> None:
    wanted = errand(demand(2**16, 100))
    for share, more in ((1.0, 1), (0.2, 5)):
        density = there(wanted, share=share, ports=10, more=more)
        layout = choose(wanted, rate=100_000, density=density, means=STAGE).layout
        assert is_bounded(wanted, layout, density, 100_000, STAGE)


@pytest.mark.parametrize("share", [0, 0.2, 1])
def test_a_worker_has_the_time_to_ask_hosts_first_however_many_are_there(share: float) -> None:
    profile = PROFILES["discovery"].model_copy(update={"host_discovery": HOSTS_FIRST})
    wanted = replace(errand(demand(2**16, 1)), profile=profile)
    density = there(wanted, share=share, ports=1)
    layout = choose(wanted, rate=100, density=density, means=STAGE).layout
    assert longest_s(wanted, layout, case_of(density, STAGE)) < 1.1 * STAGE.chunk_seconds < STAGE.deadline_s


def test_groups_run_side_by_side_however_short() -> None:
    assert chosen(demand(1, 1), demand(1, 1, Protocol.UDP)).layout.tasks == 2


def test_a_costly_start_makes_fewer_chunks() -> None:
    quick, slow = (chosen(demand(2**14, 100), rate=50_000, stage=replace(STAGE, start_s=start)) for start in (1, 600))
    assert slow.layout.chunks < quick.layout.chunks


def test_no_chunk_is_cut_too_small_for_a_sample_to_save_time() -> None:
    wanted = errand(demand(256, 1000))
    layout = choose(wanted, rate=1000, density=there(wanted), means=STAGE).layout
    assert sampled_cells(wanted, layout, case_of(there(wanted), STAGE)) == 256_000


def test_a_region_without_prices_is_cut_like_any_other() -> None:
    nowhere = replace(STAGE, machine=MACHINE.model_copy(update={"region": "mars-north-1"}))
    assert chosen(demand(2**16, 1000), rate=50_000, stage=nowhere).layout.chunks > 1


def test_what_cannot_be_done_is_refused_even_for_one_task() -> None:
    with pytest.raises(InvalidInput, match=r"at 10 packets per second .* 10,000 chunks of some 300 s") as refusal:
        chosen(demand(2**24, 65535), rate=10)
    assert refusal.value.field == "rate"


def test_a_deadline_that_no_layout_meets_is_refused_with_the_mend() -> None:
    with pytest.raises(InvalidInput, match=r"1000 packets per second .* minutes at least: .* raise the rate") as told:
        chosen(demand(4096, 1000), minutes=60).refuse_late()
    assert told.value.field == "deadline_minutes"
