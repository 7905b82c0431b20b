"""A run whose fault met nothing proves nothing: it is played again, and the suite fails where none ever meets."""

from collections.abc import Iterator

import pytest

from tests.faults.series import TRIES, Played, is_sound, series
from tests.faults.verdict import Verdict

FIGURES = {"lost": 0, "twice": 0, "stuck": 0, "wrong_status": 0}


def of(*plays: Played) -> tuple[dict[str, int], list[str], list[str]]:
    """What a series of one name comes to, the chances that its runs had, and what was told."""
    chances: list[str] = []
    told: list[str] = []
    waiting: Iterator[Played] = iter(plays)

    def play(_name: str, chance: str) -> Played:
        chances.append(chance)
        return next(waiting)

    return series(["kill"], play, tell=told.append), chances, told


def met(**figures: int) -> Played:
    return Played(wrong(**figures), met=True)


def missed(**figures: int) -> Played:
    return Played(wrong(**figures), met=False)


def wrong(**figures: int) -> Verdict:
    verdict = Verdict()
    for fault, count in figures.items():
        verdict.say(fault, "something", count)
    return verdict


def test_a_run_whose_fault_met_something_is_played_once() -> None:
    came_to, chances, _ = of(met())
    assert came_to == {"runs": 1, **FIGURES, "met": 1}
    assert len(chances) == 1
    assert is_sound(came_to)


def test_a_run_whose_fault_met_nothing_is_played_again_with_another_chance() -> None:
    came_to, chances, _ = of(missed(), missed(), met())
    assert (came_to["runs"], came_to["met"]) == (1, 1)
    assert len(set(chances)) == 3


def test_a_fault_that_never_meets_fails_the_suite_and_is_told() -> None:
    came_to, chances, told = of(*[missed()] * TRIES)
    assert came_to == {"runs": 1, **FIGURES, "met": 0}
    assert len(chances) == TRIES
    assert f"its fault met nothing, {TRIES} of {TRIES} times" in told[-1]
    assert not is_sound(came_to)


@pytest.mark.parametrize("fault", FIGURES)
def test_what_was_wrong_counts_without_its_fault_too_and_is_not_played_away(fault: str) -> None:
    for first in (met(**{fault: 2}), missed(**{fault: 2})):
        came_to, chances, _ = of(first, met())
        assert (came_to[fault], len(chances)) == (2, 1)
        assert not is_sound(came_to)
