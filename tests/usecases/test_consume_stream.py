"""A record is tried a bounded number of times in its place, and then given up, once for all steps."""

from collections.abc import Iterator, Sequence

import pytest

from functions.core.errors import Corrupt
from functions.store.stream import StreamRecord
from functions.usecases.consume_stream import TRIES, in_turn, try_again
from tests.usecases.streamed import a_record


def failing(times: int, error: Exception) -> tuple[list[float], list[int], "Exception | None"]:
    pauses: list[float] = []
    calls: list[int] = []

    def call() -> None:
        calls.append(len(calls))
        if len(calls) <= times:
            raise error

    try:
        try_again(call, pause=pauses.append)
    except Exception as raised:
        return pauses, calls, raised
    return pauses, calls, None


@pytest.mark.parametrize("times", range(TRIES))
def test_trouble_that_passes_is_waited_out(times: int) -> None:
    pauses, calls, raised = failing(times, TimeoutError())
    assert (len(calls), len(pauses), raised) == (times + 1, times, None)


def test_trouble_that_stays_is_given_up() -> None:
    _, calls, raised = failing(99, TimeoutError())
    assert len(calls) == TRIES
    assert isinstance(raised, TimeoutError)


def test_what_is_corrupt_stays_corrupt_and_is_tried_once() -> None:
    pauses, calls, raised = failing(99, Corrupt("no"))
    assert (len(calls), pauses) == (1, [])
    assert isinstance(raised, Corrupt)


def test_steps_follow_each_other_and_a_record_is_given_up_once() -> None:
    first, second = (a_record("EXP#x", number) for number in (1, 2))
    order: list[str] = []

    def one(records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        order.append("one")
        yield first, Corrupt("of one")

    def two(records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        order.append("two")
        yield from ((record, Corrupt("of two")) for record in records)

    given_up = [(record, str(error)) for record, error in in_turn(one, two)([first, second])]
    assert given_up == [(first, "of one"), (second, "of two")]
    assert order == ["one", "two"]
