"""Judging a cell: the table of (state, answer) -> change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.coverage import Answer, Method
from functions.core.exposure import ChangeKind, Exposure, ExposureState
from functions.core.ids import derived_id
from functions.core.judge import Evidence, judge
from functions.core.model import Protocol
from functions.core.service import Service

AT = datetime(2026, 11, 1, tzinfo=UTC)
PROJECT, NETWORK = derived_id(AT, "project"), derived_id(AT, "network")
NGINX = Service(name="http", product="nginx", version="1.22", confidence=10)


def at(minute: float) -> datetime:
    return AT + timedelta(minutes=minute)


def evidence(answer: Answer, minute: float = 1, service: Service = NGINX, **fields: Any) -> Evidence:
    plain: dict[str, Any] = {
        "project": PROJECT,
        "network": NETWORK,
        "asset": "10.0.0.1",
        "address": "10.0.0.1",
        "protocol": Protocol.TCP,
        "port": 443,
        "how": Method.SYN,
        "scan": derived_id(AT, f"scan {minute}"),
        "chunk": "00000",
        "attempt": 1,
    }
    return Evidence(**{**plain, "answer": answer, "at": at(minute), "service": service, **fields})


def after(*answers: Answer, misses_to_close: int = 2, covered: bool = True) -> Exposure | None:
    """What a row of scans, a minute apart, makes of a cell."""
    exposure, before = None, AT if covered else None
    for minute, answer in enumerate(answers, start=1):
        changed = judge(exposure, evidence(answer, minute), covered_before=before, misses_to_close=misses_to_close)
        exposure, before = changed or exposure, at(minute)
    return exposure


def known(*answers: Answer, **settings: Any) -> Exposure:
    exposure = after(*answers, **settings)
    assert exposure is not None
    return exposure


OPEN, REFUSED, SILENT, DOWN = Answer.OPEN, Answer.REFUSED, Answer.NO_ANSWER, Answer.HOST_DOWN


def test_open_in_a_cell_that_was_covered_before_is_new() -> None:
    opened = known(OPEN)
    assert (opened.state, opened.episode, opened.service) == (ExposureState.OPEN, 1, NGINX)
    assert (opened.change.kind, opened.change.baseline, opened.change.previous_covered) == (
        ChangeKind.OPENED,
        False,
        AT,
    )
    assert opened.opening == opened.change


def test_open_in_a_cell_that_was_never_covered_is_baseline() -> None:
    opened = known(OPEN, covered=False)
    assert (opened.change.baseline, opened.change.previous_covered) == (True, None)


@pytest.mark.parametrize("answer", sorted(set(Answer) - {OPEN}))
def test_nothing_but_an_open_answer_makes_an_exposure(answer: Answer) -> None:
    assert after(answer) is None


def test_open_again_with_the_same_service_changes_nothing() -> None:
    assert known(OPEN, OPEN) == known(OPEN)


@pytest.mark.parametrize("answer", [Answer.NOT_OPEN, Answer.NOT_COVERED, Answer.EXCLUDED])
def test_what_is_no_verdict_changes_nothing(answer: Answer) -> None:
    assert known(OPEN, answer) == known(OPEN)
    assert known(OPEN, REFUSED, answer) == known(OPEN, REFUSED)


def test_a_refusal_closes_at_once() -> None:
    closed = known(OPEN, REFUSED)
    assert (closed.state, closed.change.kind, closed.misses) == (ExposureState.CLOSED, ChangeKind.CLOSED, 0)
    assert closed.opening.kind is ChangeKind.OPENED


@pytest.mark.parametrize("silence", [SILENT, DOWN])
def test_silence_is_a_miss_and_closes_after_as_many_as_asked(silence: Answer) -> None:
    missed = known(OPEN, silence, misses_to_close=3)
    assert (missed.state, missed.misses, missed.change.kind) == (ExposureState.OPEN, 1, ChangeKind.MISSED)
    assert missed.last_changed == at(1)
    assert known(OPEN, silence, silence, misses_to_close=3).state is ExposureState.OPEN
    assert known(OPEN, silence, silence, silence, misses_to_close=3).state is ExposureState.CLOSED
    assert known(OPEN, silence, misses_to_close=1).state is ExposureState.CLOSED


def test_misses_count_only_in_a_row() -> None:
    again = known(OPEN, SILENT, OPEN)
    assert (again.misses, again.change.kind) == (0, ChangeKind.SEEN_AGAIN)
    assert known(OPEN, SILENT, OPEN, SILENT).state is ExposureState.OPEN


def test_open_after_closed_is_the_next_episode() -> None:
    reopened = known(OPEN, REFUSED, OPEN)
    assert (reopened.state, reopened.episode, reopened.misses) == (ExposureState.OPEN, 2, 0)
    assert (reopened.opening.kind, reopened.opening.baseline) == (ChangeKind.REOPENED, False)
    assert reopened.first_seen == at(1)


@pytest.mark.parametrize("answer", [REFUSED, SILENT, DOWN])
def test_a_closed_exposure_stays_closed(answer: Answer) -> None:
    assert known(OPEN, REFUSED, answer) == known(OPEN, REFUSED)


@pytest.mark.parametrize(
    "seen",
    [
        NGINX.model_copy(update={"version": "1.24"}),
        NGINX.model_copy(update={"product": "Apache httpd"}),
        Service(name="ssh", product="OpenSSH", confidence=10),
        NGINX.model_copy(update={"tunnel": "ssl"}),
    ],
)
def test_another_service_is_a_change(seen: Service) -> None:
    changed = judge(known(OPEN), evidence(OPEN, 2, seen), covered_before=at(1), misses_to_close=2)
    assert changed is not None
    assert (changed.change.kind, changed.service, changed.episode) == (ChangeKind.CHANGED, seen, 1)


@pytest.mark.parametrize(
    "seen",
    [
        Service(),
        Service(name="https", confidence=3),
        Service(name="http", confidence=10),
        Service(name="http", product="nginx", confidence=10),
        NGINX.model_copy(update={"extra": "Ubuntu"}),
    ],
)
def test_detection_that_knows_less_is_no_change(seen: Service) -> None:
    assert judge(known(OPEN), evidence(OPEN, 2, seen), covered_before=at(1), misses_to_close=2) is None


@pytest.mark.parametrize("answer", Answer)
def test_evidence_that_is_not_younger_than_the_last_judgement_or_coverage_is_not_applied(answer: Answer) -> None:
    opened = known(OPEN)
    assert judge(opened, evidence(answer, 1, attempt=2), covered_before=None, misses_to_close=1) is None
    assert judge(opened, evidence(answer, 2), covered_before=at(2), misses_to_close=1) is None
    assert judge(None, evidence(answer, 2), covered_before=at(3), misses_to_close=1) is None


@pytest.mark.parametrize("answer", Answer)
def test_what_an_attempt_was_applied_for_is_not_applied_again(answer: Answer) -> None:
    missed = known(OPEN, SILENT)
    again = evidence(answer, 9, scan=missed.change.scan)
    assert judge(missed, again, covered_before=at(1), misses_to_close=2) is None


@given(st.lists(st.sampled_from(Answer), max_size=12), st.integers(1, 4))
def test_versions_and_episodes_only_grow_by_one(answers: list[Answer], misses_to_close: int) -> None:
    exposure = None
    for minute, answer in enumerate(answers, start=1):
        changed = judge(exposure, evidence(answer, minute), covered_before=AT, misses_to_close=misses_to_close)
        if changed is None:
            continue
        assert changed.version == (exposure.version if exposure else 0) + 1
        assert changed.episode - (exposure.episode if exposure else 0) in {0, 1}
        assert (changed.state is ExposureState.OPEN) == (changed.misses < misses_to_close and answer is not REFUSED)
        exposure = changed
