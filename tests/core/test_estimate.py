"""What a scan will take and cost, before it starts."""

import pytest

from functions.core.density import Density, Spread
from functions.core.estimate import Estimate, estimate
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.model import Protocol
from functions.core.planner import Shape, shape_of
from functions.core.scan import Known, Snapshot
from tests.core.specs import MACHINE, means, planned, snapshot


def shaped(of: Snapshot, *, max_tasks: int = 8, chunk_seconds: int = 300) -> Shape:
    return shape_of(snapshot=of, means=means(max_tasks=max_tasks, chunk_seconds=chunk_seconds), admit_loopback=False)


def estimated(of: Snapshot, *, density: Density | None = None, max_tasks: int = 8, start_s: float = 40) -> Estimate:
    shape = shaped(of, max_tasks=max_tasks)
    return estimate(shape, density or shape.density, MACHINE, start_s=start_s, steps_s=3)


def exactly(hosts: float, open_ports: float, *, unnamed: float = 0.15) -> Density:
    return Density(
        Spread(low=hosts, expected=hosts, high=hosts),
        Spread(low=open_ports, expected=open_ports, high=open_ports),
        unnamed=unnamed,
    )


@pytest.mark.parametrize(
    "of",
    [
        snapshot("10.0.0.0/24", ports="top-1000"),
        snapshot("10.0.0.0/16", "fd00::/112", ports="22,80,443", rate=5000, protocols=tuple(Protocol)),
        snapshot("10.0.0.1", "a.example", ports="1-65535", rate=100_000, profile="discovery"),
    ],
)
def test_it_counts_the_chunks_that_the_plan_will_make_and_a_range_is_in_order(of: Snapshot) -> None:
    made = estimated(of)
    if "a.example" not in of.targets:
        plan = planned(of, chunk_seconds=300)
        assert (made.chunks, made.tasks) == (plan.count, plan.max_concurrency)
    for spread in (made.minutes, made.packets, made.bytes_sent, made.usd, made.hosts, made.open_ports):
        assert 0 <= spread.low <= spread.expected <= spread.high
    assert made.usd.expected == made.bill.total


def test_discovery_alone_takes_what_the_rate_allows() -> None:
    made = estimated(snapshot("10.0.0.0/24", ports="top-1000", profile="discovery"), density=exactly(0, 0), start_s=0)
    twice = 256 * 1000 * 2
    assert twice < made.packets.expected < 1.3 * twice, "two passes, and looks at a sample"
    assert made.minutes.expected == pytest.approx(made.packets.expected / 1000 / 60, rel=0.15)


def test_hosts_that_answer_spare_a_pass_and_take_of_the_rate() -> None:
    of = snapshot("10.0.0.0/24", ports="top-1000", profile="discovery")
    silent, answering = (estimated(of, density=exactly(hosts, 0), start_s=0) for hosts in (0, 256))
    assert answering.packets.expected < 0.7 * silent.packets.expected
    assert answering.minutes.expected / silent.minutes.expected > answering.packets.expected / silent.packets.expected


def test_every_cell_is_asked_once_at_least() -> None:
    assert estimated(snapshot("10.0.0.0/24", ports="top-1000")).packets.low >= 256 * 1000


def test_host_discovery_spares_the_ports_of_silent_hosts() -> None:
    of = snapshot("10.0.0.0/24", ports="top-1000", profile="discovery")
    asking = HostDiscovery(by=(Question.ICMP, Question.TCP), tcp_ports=(22, 443))
    first = of.model_copy(update={"profile": of.profile.model_copy(update={"host_discovery": asking})})
    every, there = (estimated(each, density=exactly(16, 16), start_s=0) for each in (of, first))
    hosts = 3 * (16 + 2 * 240)
    assert 16 * 1000 + hosts <= there.packets.expected < 2.5 * 16 * 1000 + hosts
    assert there.minutes.expected < every.minutes.expected / 4
    nobody = estimated(first, density=exactly(0, 0), start_s=0)
    assert nobody.packets.expected >= 3 * 2 * 256


def test_what_workers_leave_on_their_way_is_charged() -> None:
    short, long = (estimated(snapshot("10.0.0.1", ports="1-65535", rate=rate)) for rate in (40_000, 1000))
    assert (short.chunks, long.chunks) == (1, 1)
    assert long.bill.s3 > short.bill.s3 + 10 * 0.000005


def test_no_task_is_charged_less_than_a_minute() -> None:
    made = estimated(snapshot("10.0.0.1", ports="22"), density=exactly(1, 0), start_s=2)
    assert made.bill.fargate == pytest.approx((0.04048 + 2 * 0.004445) / 60, abs=1e-6)


def test_open_ports_take_time_only_where_services_are_asked_for() -> None:
    many, none = exactly(200, 2000), exactly(200, 0)
    with_services, discovery = snapshot("10.0.0.0/24"), snapshot("10.0.0.0/24", profile="discovery")
    assert (
        estimated(with_services, density=many).minutes.expected
        > estimated(with_services, density=none).minutes.expected
    )
    assert estimated(discovery, density=many).minutes == estimated(discovery, density=none).minutes


def test_a_second_look_is_expected_where_the_inventory_says_that_ports_are_unnamed() -> None:
    of = snapshot("10.0.0.0/24", ports="top-100", rate=10_000)
    shapes = [
        shaped(of.model_copy(update={"known": Known(hosts=50, open_ports=200, unnamed=unnamed)}))
        for unnamed in (0, 100, 200)
    ]
    assert [shape.density.unnamed for shape in shapes] == [0, 0.5, 1]
    none, half, every = (
        estimate(shape, shape.density, MACHINE, start_s=0, steps_s=0).minutes.expected for shape in shapes
    )
    assert none + 0.1 < half <= every


def test_nothing_open_leaves_nothing_unnamed() -> None:
    assert shaped(snapshot("10.0.0.0/24", known=Known(hosts=5, open_ports=0))).density.unnamed == 0


def test_no_more_is_there_than_is_scanned_whatever_is_known_of_its_network() -> None:
    density = shaped(snapshot("10.0.0.0/24", ports="443", known=Known(hosts=60_000, open_ports=1_000_000))).density
    assert (density.hosts.low, density.hosts.high) == (256, 256)
    assert (density.open_ports.low, density.open_ports.high) == (256, 256)


def test_what_is_known_of_a_network_narrows_the_range() -> None:
    known, guessed = (
        shaped(snapshot("10.0.0.0/24", known=each)).density for each in (Known(hosts=50, open_ports=200), None)
    )
    assert known.known
    assert (known.hosts.expected, known.open_ports.expected) == (50, 200)
    assert known.hosts.high / known.hosts.low < guessed.hosts.high / guessed.hosts.low


def test_a_host_that_is_named_is_taken_to_be_there_and_of_a_block_a_part() -> None:
    named = shaped(snapshot("10.0.0.1", "10.0.0.9", "a.example")).density
    assert (named.hosts.low, named.hosts.expected, named.hosts.high) == (3, 3, 3)
    block = shaped(snapshot("10.0.0.0/24")).density
    assert block.hosts.low < block.hosts.expected < block.hosts.high == 256


def test_data_out_is_charged_for_what_goes_to_the_internet() -> None:
    assert estimated(snapshot("10.0.0.0/24")).bill.data_out == 0
    assert estimated(snapshot("8.0.0.0/24")).bill.data_out > 0


def test_spare_capacity_is_told_by_its_price_and_at_most_by_that_of_the_list() -> None:
    of = snapshot("10.0.0.0/24")
    shape = shaped(of)
    listed, spared = (
        estimate(shape, shape.density, MACHINE.model_copy(update={"spot": spot}), start_s=40, steps_s=3)
        for spot in (False, True)
    )
    assert spared.bill.fargate < 0.5 * listed.bill.fargate
    assert spared.usd.high == listed.usd.high
    assert spared.minutes == listed.minutes


def test_more_tasks_are_not_paid_for_where_the_rate_bounds_them_all() -> None:
    of = snapshot("10.0.0.0/20", ports="top-1000", rate=10_000, profile="discovery")
    assert estimated(of, max_tasks=1) == estimated(of, max_tasks=4)


def test_a_deadline_makes_it_shorter_and_dearer_and_its_estimate_keeps_it() -> None:
    of = snapshot("10.0.0.0/16", ports="top-1000", rate=50_000, known=Known(hosts=20_000, open_ports=400_000))
    free = estimated(of, max_tasks=40)
    longer = 2 * round(free.minutes.expected)
    late = estimated(of.model_copy(update={"deadline_minutes": longer}), max_tasks=40)
    assert free.shortest_minutes <= free.minutes.expected < late.minutes.expected <= longer
    assert late.usd.expected < free.usd.expected
    assert late.shortest_minutes == free.shortest_minutes
