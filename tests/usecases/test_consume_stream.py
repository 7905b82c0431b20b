"""A record is tried a bounded number of times in its place, and then given up."""

import pytest

from functions.core.errors import Corrupt
from functions.usecases.consume_stream import TRIES, try_again


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
