"""ULIDs sort by time, and a derived one says what caused it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.ids import derived_id, is_id, new_id, time_of

AT = datetime(2026, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)
TIMES = st.timedeltas(timedelta(0), timedelta(days=70_000)).map(lambda age: datetime(2000, 1, 1, tzinfo=UTC) + age)


def test_a_repeat_of_the_cause_gives_the_same_id() -> None:
    assert derived_id(AT, "schedule", "network") == derived_id(
        AT.astimezone(timezone(timedelta(hours=2))), "schedule", "network"
    )


def test_a_derived_id_is_frozen_for_ever() -> None:
    assert derived_id(AT, "schedule", "network") == "01KJVKTDCKETJZ3938T2D68714"


@pytest.mark.parametrize("cause", [("ab", "c"), ("a", "bc"), ("abc",), ("a", "b", "c"), ("abc", "")])
def test_the_parts_of_a_cause_are_joined_unambiguously(cause: tuple[str, ...]) -> None:
    others = {("ab", "c"), ("a", "bc"), ("abc",), ("a", "b", "c"), ("abc", "")} - {cause}
    assert derived_id(AT, *cause) not in {derived_id(AT, *other) for other in others}


def test_another_time_gives_another_id() -> None:
    assert derived_id(AT, "cause") != derived_id(AT + timedelta(milliseconds=1), "cause")


def test_new_ids_of_one_instant_differ() -> None:
    assert len({new_id(AT) for _ in range(100)}) == 100


@given(TIMES, TIMES)
def test_ids_sort_by_time_and_carry_it(one: datetime, other: datetime) -> None:
    assert abs(time_of(new_id(one)) - one) < timedelta(milliseconds=2)
    if one + timedelta(milliseconds=1) < other:
        assert new_id(one) < new_id(other)
    assert is_id(new_id(one))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01KJV8TV23",
        "8" + "0" * 25,
        "0" * 27,
        "01kjvktdcketjz3938t2d68714",
        "I" * 26,
        "0" * 26 + "\n",
        "0" * 25 + "\n",
    ],
)
def test_other_text_is_no_id(text: str) -> None:
    assert not is_id(text)
