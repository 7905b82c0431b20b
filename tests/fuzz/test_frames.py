"""The frame fuzzer itself: repeatable, diverse, and not blind."""

import json

import pytest

from functions.core.errors import InvalidInput, NotFound
from functions.core.ids import new_id
from functions.websocket.frames import PONG, failure, read_frame, snapshot
from tests.fuzz.answers import NotOurs, read_answer
from tests.fuzz.frame_cases import Cases, World
from tests.fuzz.frames import first
from tests.platform_in_memory import START

WORLD = World(*(new_id(START) for _ in range(4)))
TOPICS = WORLD.topics


def test_one_seed_makes_the_same_cases_and_another_others() -> None:
    same = [first(Cases(WORLD, 7), 300) for _ in range(2)]
    assert same[0] == same[1]
    assert same[0] != first(Cases(WORLD, 8), 300)


def test_a_good_part_of_the_cases_is_past_validation_and_a_good_part_is_not() -> None:
    made = [each for each in first(Cases(WORLD, 1), 2000) if isinstance(each, str)]

    def passes(text: str) -> bool:
        try:
            read_frame(text)
        except InvalidInput:
            return False
        return True

    past = sum(passes(each) for each in made)
    assert 0.25 < past / len(made) < 0.6


def test_what_the_product_answers_keeps_to_the_contract() -> None:
    for answer in (
        PONG,
        failure(InvalidInput("topic", "no")),
        failure(NotFound("no")),
        snapshot(TOPICS[0], {"scan": "x"}),
    ):
        read_answer(json.dumps(answer), topics=TOPICS)


@pytest.mark.parametrize(
    ("frame", "field"),
    [({"action": "a" * 3000}, "action"), ({"action": {"a": "b" * 3000}}, "action"), ({}, "action"),
     ({"action": "ping", "x" * 3000: 1}, "x" * 100)],
)  # fmt: skip
def test_a_refusal_does_not_repeat_all_that_was_sent(frame: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_frame(json.dumps(frame))
    assert refusal.value.field == field
    read_answer(json.dumps(failure(refusal.value)), topics=TOPICS)


@pytest.mark.parametrize(
    "text",
    ["Traceback (most recent call last)", '{"message": "Internal server error", "connectionId": "x", "requestId": "y"}', "[]", '{"errorMessage": "x"}'],
)  # fmt: skip
def test_a_function_that_fell_is_told_from_an_answer(text: str) -> None:
    with pytest.raises(NotOurs):
        read_answer(text, topics=TOPICS)


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "pong", "extra": 1},
        {"type": "error", "error": "corrupt", "message": "x", "field": ""},
        {"type": "error", "error": "not-found", "message": "", "field": ""},
        {"type": "error", "error": "not-found", "message": "botocore said no", "field": ""},
        snapshot(WORLD.foreign_topics[0], {}),
        {"type": "log", "topic": TOPICS[0]},
    ],
)
def test_what_breaks_the_contract_is_seen(answer: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_answer(json.dumps(answer), topics=TOPICS)
