"""The arithmetic of a plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import InvalidInput
from functions.core.layout import MAX_CHUNKS, Demand, Layout, lay_out
from functions.core.model import Protocol


def demand(assets: int, ports: int, protocol: Protocol = Protocol.TCP, per_asset: int = 1) -> Demand:
    return Demand(protocol=protocol, assets=assets, addresses=assets * per_asset, ports=ports)


def laid_out(
    *demands: Demand,
    rate: int = 1000,
    retries: int = 0,
    services: bool = True,
    max_tasks: int = 8,
    chunk_seconds: int = 100,
) -> Layout:
    return lay_out(
        demands, rate=rate, retries=retries, services=services, max_tasks=max_tasks, chunk_seconds=chunk_seconds
    )


DEMANDS = st.lists(
    st.builds(demand, st.integers(1, 2**24), st.integers(1, 65535), st.sampled_from(Protocol), st.integers(1, 4)),
    min_size=1,
    max_size=6,
)


@given(DEMANDS, st.integers(20, 1_000_000), st.integers(1, 100), st.integers(1, 600))
def test_no_layout_breaks_a_bound(demands: list[Demand], rate: int, max_tasks: int, chunk_seconds: int) -> None:
    try:
        layout = laid_out(*demands, rate=rate, max_tasks=max_tasks, chunk_seconds=chunk_seconds)
    except InvalidInput:
        return

    assert 1 <= layout.tasks <= min(max_tasks, layout.chunks)
    assert 1 <= layout.share * layout.tasks <= rate
    assert len(demands) <= layout.chunks <= MAX_CHUNKS
    for each, cut in zip(demands, layout.cuts, strict=True):
        assert 1 <= cut.asset_parts <= each.assets
        assert 1 <= cut.port_parts <= each.ports


@given(st.integers(1, 2000), st.integers(1, 500), st.integers(100, 100_000), st.integers(0, 3))
def test_no_lone_chunk_trails_behind_the_last_round(assets: int, ports: int, rate: int, retries: int) -> None:
    layout = laid_out(demand(assets, ports), rate=rate, retries=retries)
    rounds = max(1, -(-assets * ports * (1 + retries) // (layout.tasks * layout.share * 100)))

    assert layout.chunks <= rounds * layout.tasks


def test_more_tasks_do_not_pass_the_cap_of_the_network() -> None:
    layout = laid_out(demand(1000, 1000), rate=1000, max_tasks=7)

    assert (layout.tasks, layout.share) == (7, 142)


def test_each_retry_counts_as_a_probe() -> None:
    assert laid_out(demand(100, 1000), retries=0).seconds == 100
    assert laid_out(demand(100, 1000), retries=2).seconds == 300
    assert laid_out(demand(100, 1000), retries=2).chunks > laid_out(demand(100, 1000), retries=0).chunks


def test_groups_run_side_by_side_however_short() -> None:
    assert laid_out(demand(1, 1), demand(1, 1, Protocol.UDP)).tasks == 2


def test_service_detection_limits_the_assets_of_a_chunk() -> None:
    assert laid_out(demand(10_000, 1), rate=1_000_000, services=True).chunks == 5
    assert laid_out(demand(10_000, 1), rate=1_000_000, services=False).chunks == 1


def test_names_with_many_addresses_make_smaller_chunks() -> None:
    assert laid_out(demand(100, 1000, per_asset=4)).chunks > laid_out(demand(100, 1000)).chunks


def test_udp_lasts_at_least_as_long_as_one_host_takes() -> None:
    assert laid_out(demand(1, 500, Protocol.UDP), rate=100_000).seconds == 500


def test_what_cannot_be_done_is_refused_even_for_one_task() -> None:
    with pytest.raises(InvalidInput, match=r"at 10 packets per second .* 10,000 chunks of some 100 s") as refusal:
        laid_out(demand(2**24, 65535), rate=10)
    assert refusal.value.field == "rate"
