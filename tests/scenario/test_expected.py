"""Whoever judges the product must be judged first: what differs is found, once, and what does not differ is not."""

from pathlib import Path

import pytest

from tests.scenario.expected import Expected, Fact, Shown
from tests.scenario.script import Line, read_script

RAISED: Fact = ("NEW_PORT", "web", 8080)
OPEN = Shown("open", "high")


def expected(*lines: str) -> Expected:
    made = Expected()
    for number, line in enumerate(lines, start=1):
        made.take(Line(number, tuple(line.split())))
    return made


@pytest.fixture
def told() -> Expected:
    return expected("= web 80,8080 open", "+ NEW_PORT web 8080 high")


STATES = {("web", 80): "open", ("web", 8080): "open"}


def test_what_is_as_told_is_no_fault(told: Expected) -> None:
    told.compare("day 1", STATES, {RAISED: [OPEN]})
    assert told.findings.told == []
    assert told.raised == 1


@pytest.mark.parametrize(
    "states",
    [{("web", 80): "open"}, STATES | {("web", 80): "closed"}, STATES | {("web", 22): "open"}],
    ids=["lost", "other", "unasked"],
)
def test_a_state_that_is_not_told_is_wrong(told: Expected, states: dict[tuple[str, int], str]) -> None:
    told.compare("day 1", states, {RAISED: [OPEN]})
    assert told.findings.wrong_states == 1


@pytest.mark.parametrize(
    "shown",
    [[], [Shown("resolved", "high")]],
    ids=["not raised", "resolved"],
)
def test_an_alert_that_is_not_there_is_missed(told: Expected, shown: list[Shown]) -> None:
    told.compare("day 1", STATES, {RAISED: shown})
    assert (told.findings.missed_alerts, told.findings.false_alerts) == (1, 0)


@pytest.mark.parametrize(
    "shown",
    [
        [OPEN, OPEN],
        [Shown("open", "low")],
        [Shown("open", "high", count=2)],
        [Shown("in_progress", "high")],
        [Shown("open", "high", marks=frozenset({"ack"}))],
    ],
    ids=["twice", "severity", "count", "status", "mark"],
)
def test_an_alert_that_is_otherwise_is_false(told: Expected, shown: list[Shown]) -> None:
    told.compare("day 1", STATES, {RAISED: shown})
    assert (told.findings.missed_alerts, told.findings.false_alerts) == (0, 1)


def test_an_alert_that_nobody_told_of_is_false(told: Expected) -> None:
    told.compare("day 1", STATES, {RAISED: [OPEN], ("NEW_HOST", "web", None): [Shown("open", "low")]})
    assert told.findings.false_alerts == 1


def test_one_that_should_be_over_and_is_not_is_false(told: Expected) -> None:
    told.take(Line(3, ("-", "NEW_PORT", "web", "8080")))
    told.compare("day 2", STATES, {RAISED: [OPEN]})
    assert told.findings.false_alerts == 1


def test_a_fault_counts_on_the_day_that_it_shows_first(told: Expected) -> None:
    for day in ("day 1", "day 2"):
        told.compare(day, {("web", 80): "open"}, {RAISED: [OPEN]})
    assert told.findings.wrong_states == 1
    assert told.findings.told == ["day 1: web 8080: must be open, is unknown"]


def test_changes_add_to_what_was_told_before() -> None:
    told = expected(
        "+ REOPENED web 443 medium", "~ REOPENED web 443 in_progress info ack count=2", "~ REOPENED web 443 no-ack"
    )
    assert told.alerts["REOPENED", "web", 443] == [Shown("in_progress", "info", 2)]


def test_a_line_about_an_alert_that_was_never_raised_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        expected("- NEW_PORT web 80")


def test_a_script_tells_nights_and_noons_and_has_every_day(tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(
        "office: host web 10.0.0.1 80/http\n"
        "day 2  # the first\n  web 80 closes\n  = web 80 closed\nnoon\n  take NEW_PORT web 80\n"
        "day 9\n  web 80 opens http\n"
    )
    script = read_script(path, days=3)
    assert [line.words[2] for line in script.hosts] == ["web"]
    assert [day.number for day in script.days] == [1, 2, 3]
    second = script.days[1]
    assert [str(line) for line in second.night.events] == ["line 3: web 80 closes"]
    assert [str(line) for line in second.night.expectations] == ["line 4: = web 80 closed"]
    assert [line.words[0] for line in second.noon.events] == ["take"]
    assert not script.days[2].night.events, "what lies beyond the last day is not played"


@pytest.mark.parametrize("name", ["ninety_days.txt", "lab_nights.txt"])
def test_every_line_of_the_stories_can_be_told(name: str) -> None:
    script = read_script(Path(__file__).with_name(name), days=90)
    told = Expected()
    for day in script.days:
        for part in (day.night, day.noon):
            for line in part.expectations:
                told.take(line)
    assert told.raised >= 3
