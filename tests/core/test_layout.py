"""The arithmetic of a plan."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.layout import MAX_CHUNKS, MOST_ASSETS, Demand, Layout, layouts
from functions.core.model import Protocol
from functions.core.pace import HOST_PACE, MOST_PPS, SILENT_ASKED


def demand(assets: int, ports: int, protocol: Protocol = Protocol.TCP, per_asset: int = 1) -> Demand:
    return Demand(protocol=protocol, assets=assets, addresses=assets * per_asset, ports=ports)


def ways(
    *demands: Demand,
    rate: int = 1000,
    retries: int = 0,
    questions: int = 0,
    max_tasks: int = 8,
    chunk_seconds: int = 100,
    most: Sequence[int] = (MOST_ASSETS,),
) -> list[Layout]:
    rooms = [lambda _protocol, _ports, each=each: each for each in most]
    return list(
        layouts(
            demands,
            rate=rate,
            retries=retries,
            questions=questions,
            max_tasks=max_tasks,
            chunk_seconds=chunk_seconds,
            rooms=rooms,
        )
    )


def by_tasks(found: Sequence[Layout], tasks: int) -> Layout:
    """Of the fewest chunks."""
    return min((each for each in found if each.tasks == tasks), key=lambda each: each.chunks)


def up(amount: int, unit: int) -> int:
    return -(-amount // unit)


DEMANDS = st.lists(
    st.builds(demand, st.integers(1, 2**24), st.integers(1, 65535), st.sampled_from(Protocol), st.integers(1, 4)),
    min_size=1,
    max_size=6,
)


@given(DEMANDS, st.integers(20, 1_000_000), st.integers(1, 100), st.integers(1, 600))
def test_no_layout_breaks_a_bound(demands: list[Demand], rate: int, max_tasks: int, chunk_seconds: int) -> None:
    for layout in ways(*demands, rate=rate, max_tasks=max_tasks, chunk_seconds=chunk_seconds):
        assert 1 <= layout.tasks <= min(max_tasks, layout.chunks)
        assert 1 <= layout.share * layout.tasks <= rate
        assert layout.share >= min(rate, 50)
        assert len(demands) <= layout.chunks <= MAX_CHUNKS
        for each, cut in zip(demands, layout.cuts, strict=True):
            assert 1 <= cut.asset_parts <= each.assets
            assert 1 <= cut.port_parts <= each.ports
            assert each.ports / cut.port_parts <= HOST_PACE[each.protocol] * chunk_seconds


@given(st.integers(1, 2000), st.integers(1, 500), st.integers(100, 1_000_000), st.integers(0, 3), st.integers(1, 600))
def test_no_chunk_sends_for_longer_than_may_be_lost(
    assets: int, ports: int, rate: int, retries: int, seconds: int
) -> None:
    for layout in ways(demand(assets, ports), rate=rate, retries=retries, chunk_seconds=seconds):
        cut = layout.cuts[0]
        largest = up(assets, cut.asset_parts) * up(ports, cut.port_parts)
        over = up(ports, cut.port_parts) * (1 + retries)
        assert largest * (1 + retries) <= min(layout.share, MOST_PPS) * seconds + over, "but for one asset"


@given(
    st.builds(demand, st.integers(1, 2**17), st.integers(1, 2000), st.sampled_from(Protocol), st.integers(1, 3)),
    st.integers(1, 1_000_000),
    st.integers(0, 5),
    st.integers(1, 18),
    st.integers(1, 600),
)
def test_no_chunk_asks_hosts_and_their_ports_for_longer_than_may_be_lost_whoever_is_there(
    whole: Demand, rate: int, retries: int, questions: int, seconds: int
) -> None:
    for layout in ways(whole, rate=rate, retries=retries, questions=questions, chunk_seconds=seconds):
        cut = layout.cuts[0]
        but_one = (up(whole.assets, cut.asset_parts) - 1) * (whole.addresses // whole.assets)
        silent = SILENT_ASKED * questions
        there = questions + up(whole.ports, cut.port_parts) * (1 + retries)
        for packets in (silent, there):
            assert but_one * packets <= min(layout.share, MOST_PPS) * seconds, "but for one asset"


@pytest.mark.parametrize(
    ("whole", "rate", "retries", "tasks", "chunks"),
    [
        (demand(1000, 1000), 1000, 0, 1, [10, 11, 20]),
        (demand(1000, 1000), 1000, 1, 1, [20, 21, 40]),
        (demand(1000, 1000), 1000, 0, 7, [77, 84, 154]),
        (demand(100, 1000, per_asset=4), 1000, 0, 1, [4, 5, 8]),
        (demand(1, 65_535), 100, 0, 1, [7, 8, 14]),
        (demand(10, 300, Protocol.UDP), 1000, 0, 1, [3, 3]),
    ],
)
def test_where_no_host_is_asked_first_only_cells_count(
    whole: Demand, rate: int, retries: int, tasks: int, chunks: list[int]
) -> None:
    found = [each for each in ways(whole, rate=rate, retries=retries) if each.tasks == tasks]
    assert [each.chunks for each in found] == chunks


def test_an_address_counts_for_its_silence_or_for_its_ports_and_not_for_both() -> None:
    def chunks(ports: int) -> int:
        return by_tasks(ways(demand(10_000, ports), retries=1, questions=17), 1).chunks

    assert chunks(1) == chunks(8) == 4, "340,000 packets to silent hosts"
    assert chunks(12) == 5
    assert chunks(100) == 22, "where cells alone would make 20"


@given(st.integers(100, 2000), st.integers(1, 500), st.integers(100, 100_000), st.integers(0, 3))
def test_no_lone_chunk_trails_behind_the_last_round(assets: int, ports: int, rate: int, retries: int) -> None:
    found = ways(demand(assets, ports), rate=rate, retries=retries)
    for tasks in {each.tasks for each in found}:
        layout = by_tasks(found, tasks)
        rounds = max(1, up(assets * ports * (1 + retries), tasks * (rate // tasks) * 100))
        assert layout.chunks <= rounds * tasks


def test_more_tasks_do_not_pass_the_cap_of_the_network() -> None:
    layout = by_tasks(ways(demand(1000, 1000), rate=1000, max_tasks=7), 7)

    assert layout.share == 142


def test_tasks_are_tried_one_by_one_and_in_steps_where_there_are_many() -> None:
    few = {each.tasks for each in ways(demand(10_000, 1000), rate=100_000, max_tasks=40)}
    many = sorted({each.tasks for each in ways(demand(10_000, 1000), rate=100_000, max_tasks=1000)})

    assert few == set(range(1, 41))
    assert many[:64] == list(range(1, 65))
    assert len(many) < 100
    assert many[-1] == 1000


def test_each_retry_counts_as_a_probe() -> None:
    assert {each.seconds for each in ways(demand(100, 1000), retries=0)} == {100}
    assert {each.seconds for each in ways(demand(100, 1000), retries=2)} == {300}
    once, thrice = (by_tasks(ways(demand(100, 1000), retries=retries), 1) for retries in (0, 2))
    assert thrice.chunks > once.chunks


def test_a_chunk_has_no_more_assets_than_there_is_room_for() -> None:
    assert by_tasks(ways(demand(10_000, 1), rate=1_000_000, most=(2048,)), 5).chunks == 5
    assert by_tasks(ways(demand(10_000, 1), rate=1_000_000), 1).chunks == 1


def test_names_with_many_addresses_make_smaller_chunks() -> None:
    plain, many = (by_tasks(ways(demand(100, 1000, per_asset=each)), 1) for each in (1, 4))
    assert many.chunks > plain.chunks


def test_one_task_is_not_given_what_only_more_can_send() -> None:
    one = by_tasks(ways(demand(65_536, 1000), rate=1_000_000), 1)
    assert one.chunks >= 65_536 * 1000 / (MOST_PPS * 100)


def test_udp_lasts_at_least_as_long_as_one_host_takes() -> None:
    assert {each.seconds for each in ways(demand(1, 500, Protocol.UDP), rate=100_000)} == {500}


def test_what_takes_too_many_chunks_however_it_is_cut_has_no_layout() -> None:
    assert ways(demand(2**24, 65535), rate=10) == []
