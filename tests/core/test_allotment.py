"""What one more chunk may send: never more than what is left, and enough to end in time or nothing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.core.allotment import LEAST_SHARE, Allotment, Budget, grant

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PROJECT, OFFICE, SHOP, SCAN = (f"01ARZ3NDEKTSV4RRFFQ69G5FA{letter}" for letter in "VWXY")


def taken(rate: int, *, network: str = OFFICE, chunk: int = 0, until: datetime = NOW + timedelta(hours=1)) -> Allotment:
    return Allotment(project=PROJECT, network=network, scan=SCAN, chunk=f"{chunk:05}", rate=rate, until=until)


def granted(wanted: int, budget: Budget, *others: Allotment, network: str = OFFICE) -> int:
    return grant(wanted, budget, network=network, taken=others, now=NOW)


def test_a_chunk_gets_what_it_was_planned_for_where_nobody_sends() -> None:
    assert granted(250, Budget(network_rate=1000)) == 250


def test_scans_of_one_network_share_its_rate_and_others_do_not() -> None:
    budget = Budget(network_rate=1000)
    assert granted(250, budget, taken(900)) == 100
    assert granted(250, budget, taken(900, network=SHOP)) == 250


def test_networks_share_the_projects_rate() -> None:
    assert granted(250, Budget(network_rate=1000, rate=1000), taken(850, network=SHOP)) == 150


def test_with_less_than_a_quarter_it_waits() -> None:
    assert granted(400, Budget(network_rate=1000), taken(900)) == 100
    assert granted(400, Budget(network_rate=1000), taken(901)) == 0


def test_one_task_more_than_allowed_waits() -> None:
    budget = Budget(network_rate=1000, tasks=2)
    assert granted(10, budget, taken(10)) == 10
    assert granted(10, budget, taken(10), taken(10, network=SHOP, chunk=1)) == 0


def test_what_has_run_out_counts_no_longer() -> None:
    assert granted(1000, Budget(network_rate=1000, tasks=1), taken(1000, until=NOW)) == 1000


def test_a_limit_below_what_was_planned_is_no_reason_to_wait_for_ever() -> None:
    assert granted(1000, Budget(network_rate=1000, rate=10)) == 10


@given(
    wanted=st.integers(1, 10_000),
    network_rate=st.integers(10, 10_000),
    rate=st.none() | st.integers(10, 10_000),
    others=st.lists(st.tuples(st.integers(1, 5000), st.sampled_from((OFFICE, SHOP))), max_size=8),
)
def test_no_grant_goes_beyond_what_is_left(
    wanted: int, network_rate: int, rate: int | None, others: list[tuple[int, str]]
) -> None:
    standing = [taken(each, network=network, chunk=index) for index, (each, network) in enumerate(others)]
    given_rate = granted(wanted, Budget(network_rate=network_rate, rate=rate), *standing)
    if given_rate:
        assert given_rate * LEAST_SHARE >= min(wanted, network_rate, rate or wanted)
        assert given_rate + sum(each.rate for each in standing if each.network == OFFICE) <= network_rate
        assert rate is None or given_rate + sum(each.rate for each in standing) <= rate
