"""Runs one after the other: what was wrong after them, and how many of their faults have met anything."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.faults.verdict import Verdict

TRIES = 4
"""A fault that meets nothing, because its scan has ended or nobody is at work, says nothing: its run is played again, with another chance."""


@dataclass(frozen=True)
class Played:
    verdict: Verdict
    met: bool


def series(
    names: Sequence[str], play: Callable[[str, str], Played], *, tell: Callable[[str], object]
) -> dict[str, int]:
    """One run of each name. `play` is told the name, and what its chance is made of.

    What was wrong counts whether the fault met anything or not, and such a run is not played again.
    """
    figures: Counter[str] = Counter(lost=0, twice=0, stuck=0, wrong_status=0)
    met = 0
    for index, name in enumerate(names):
        tell(f"run {index + 1} of {len(names)}: {name}")
        for number in range(TRIES):
            played = play(name, f"{index}/{name}/{number}")
            figures.update(played.verdict.figures)
            for fault in played.verdict.told:
                tell(f"  {fault}")
            if not played.met:
                tell(f"  its fault met nothing, {number + 1} of {TRIES} times")
            if played.met or played.verdict.told:
                break
        met += played.met
    return {"runs": len(names), **figures, "met": met}


def is_sound(told: Mapping[str, int]) -> bool:
    """Nothing was wrong, after as many faults as there were runs."""
    return told["met"] == told["runs"] and not any(told[name] for name in Verdict().figures)
