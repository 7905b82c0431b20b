"""How fast to send and how often to ask, by what a sample heard."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.addresses import Address
from functions.core.ports import PortSet
from scanner_image.sampling import (
    MOST_PASSES,
    Loss,
    Pace,
    compare,
    is_belied,
    missed,
    passes_for,
    sample_of,
    share_of_open,
)

Cells = set[tuple[Address, int]]


def cells(*ports: int) -> Cells:
    return {(ipaddress.IPv4Address("10.0.0.1"), port) for port in ports}


@given(addresses=st.integers(1, 4096), last=st.sampled_from([1000, 1024, 10_000, 65_535]))
def test_a_sample_is_the_same_cells_at_any_rate(addresses: int, last: int) -> None:
    asked = PortSet.of(range(1, last + 1))
    sample = sample_of(addresses, asked, seed=1)
    cells = addresses * sample.ports.count
    assert cells % sample.shards == 0
    assert addresses * asked.count < 16_384 or 0 < cells // sample.shards <= 16_384
    assert not PortSet(sample.ports.numbers - asked.numbers)


def test_what_was_heard_once_should_come_again() -> None:
    assert compare((cells(1, 2), cells(3)), (cells(2), cells(3))) == Loss(known=3, lost=1)


def test_what_only_the_later_run_heard_does_not_speak_against_it() -> None:
    assert compare((cells(1), cells()), (cells(1, 2), cells(3, 4))) == Loss(known=1, lost=0)


def test_where_open_ports_are_many_refusals_do_not_count() -> None:
    many = cells(*range(3000))
    assert compare((many, cells(4000)), (many, cells())) == Loss(known=3000, lost=0)


@pytest.mark.parametrize(
    ("known", "lost", "ports", "passes"),
    [
        (6_000, 0, 1000, 1),
        (6_000, 60, 1000, 2),
        (6_000, 600, 1000, 4),
        (150, 0, 1000, 2),
        (6_000, 0, 5, 2),
        (150, 30, 1000, 5),
        (0, 0, 1000, 2),
        (6_000, 5_500, 1000, MOST_PASSES),
    ],
)
def test_a_cell_is_asked_as_often_as_the_loss_demands(known: int, lost: int, ports: int, passes: int) -> None:
    assert passes_for(Loss(known, lost), Loss(), retries=1, ports=ports) == passes


def test_open_ports_that_come_again_speak_for_a_path_that_refusals_speak_against() -> None:
    refusals = Loss(known=900, lost=800)
    assert share_of_open(refusals, Loss()) == refusals.share
    assert share_of_open(refusals, Loss(known=2, lost=0)) == refusals.share
    assert share_of_open(refusals, Loss(known=60, lost=0)) == pytest.approx(0.05)
    assert share_of_open(Loss(known=900, lost=9), Loss(known=60, lost=0)) == pytest.approx(0.01)
    assert passes_for(refusals, Loss(known=60, lost=0), retries=1, ports=1000) == 3
    assert passes_for(refusals, Loss(known=60, lost=50), retries=1, ports=1000) == MOST_PASSES


def test_a_rate_that_the_path_bears_stays() -> None:
    pace = Pace(40_000)
    assert pace.heard(0.01)
    assert pace.rate == 40_000


def test_a_path_that_is_overrun_is_sent_what_it_passed_on() -> None:
    pace = Pace(40_000)
    assert not pace.heard(0.5)
    assert pace.rate == 16_000
    assert pace.heard(0.0)


def test_a_loss_that_much_slower_sending_does_not_cure_is_no_reason_to_be_slow() -> None:
    pace = Pace(40_000)
    assert not pace.heard(0.05)
    assert not pace.heard(0.05)
    assert pace.rate == 10_000
    assert pace.heard(0.05)
    assert pace.rate == 40_000
    assert pace.heard(0.05)


def test_a_first_step_that_is_too_small_to_help_is_followed_by_a_larger_one() -> None:
    pace = Pace(100_000)
    assert not pace.heard(0.6)
    assert not pace.heard(0.5)
    assert pace.rate < 20_000
    assert pace.heard(0.01)


def test_a_loss_beside_the_one_of_haste_ends_the_search_at_the_fastest_that_helped() -> None:
    pace = Pace(100_000)
    assert not pace.heard(0.7)
    assert not pace.heard(0.05)
    helped = 25_000
    assert not pace.heard(0.05)
    assert pace.heard(0.05)
    assert pace.rate == helped


def test_a_pass_that_misses_many_known_ports_says_so() -> None:
    known = cells(*range(1000))
    assert missed(known, cells(*range(900))) == Loss(known=1000, lost=100)


@pytest.mark.parametrize(("known", "heard"), [(1000, 975), (90, 10), (0, 0)])
def test_a_pass_that_misses_no_more_than_chance_would_says_nothing(known: int, heard: int) -> None:
    assert missed(cells(*range(known)), cells(*range(heard))) == Loss()


@pytest.mark.parametrize(
    ("known", "lost", "belied"), [(40, 40, True), (5, 5, True), (4, 4, False), (1000, 28, False), (1000, 29, True)]
)
def test_known_ports_that_a_sweep_did_not_hear_belie_it_where_that_is_more_than_chance(
    known: int, lost: int, belied: bool
) -> None:
    assert is_belied(Loss(known, lost)) is belied


def test_a_little_less_loss_is_not_worth_being_much_slower() -> None:
    pace = Pace(20_000)
    assert not pace.heard(0.031)
    assert pace.heard(0.029)
    assert pace.rate == 20_000


def test_a_loss_far_above_the_one_at_any_rate_is_of_haste_again() -> None:
    pace = Pace(20_000)
    for share in (0.05, 0.05, 0.05):
        pace.heard(share)
    assert pace.rate == 20_000
    assert not pace.heard(0.2)
    assert pace.rate < 20_000


def test_it_never_sends_more_than_it_may() -> None:
    pace = Pace(30)
    pace.heard(1.0)
    assert pace.rate <= 30
