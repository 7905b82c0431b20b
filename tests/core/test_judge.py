"""Judging a cell: the table of (state, answer) -> change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.coverage import COVERED, Answer, Method
from functions.core.exposure import ChangeKind, Exposure, ExposureState
from functions.core.facts import Certificate, HostKey
from functions.core.ids import derived_id
from functions.core.judge import Evidence, Patience, judge
from functions.core.model import Protocol
from functions.core.network import Flapping
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


DAY = 1440


def after(*answers: Answer, covered: bool = True, apart: int = 1, **patience: Any) -> Exposure | None:
    """What a row of scans, `apart` minutes from each other, makes of a cell."""
    exposure, before = None, AT if covered else None
    for number, answer in enumerate(answers, start=1):
        changed = judge(
            exposure, evidence(answer, number * apart), covered_before=before, patience=Patience(**patience)
        )
        exposure, before = changed or exposure, at(number * apart)
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


def test_open_again_in_another_scan_confirms_once() -> None:
    confirmed = known(OPEN, OPEN)
    assert (confirmed.change.kind, confirmed.confirmed, confirmed.last_changed) == (ChangeKind.CONFIRMED, True, at(1))
    assert not known(OPEN).confirmed
    assert known(OPEN, OPEN, OPEN) == confirmed


def test_the_baseline_needs_no_second_look() -> None:
    assert known(OPEN, OPEN, covered=False) == known(OPEN, covered=False)


def test_another_change_confirms_along_the_way() -> None:
    assert known(OPEN, SILENT, OPEN).confirmed
    assert known(OPEN, SILENT, OPEN, OPEN) == known(OPEN, SILENT, OPEN)


@pytest.mark.parametrize("answer", [Answer.NOT_OPEN, Answer.NOT_COVERED, Answer.EXCLUDED])
def test_what_is_no_verdict_changes_nothing(answer: Answer) -> None:
    assert known(OPEN, answer) == known(OPEN)
    assert known(OPEN, REFUSED, answer) == known(OPEN, REFUSED)


def test_a_refusal_closes_at_once() -> None:
    closed = known(OPEN, REFUSED)
    assert (closed.state, closed.change.kind, closed.misses) == (ExposureState.CLOSED, ChangeKind.CLOSED, 0)
    assert (closed.change.answer, closed.opening.answer) == (REFUSED, OPEN)
    assert closed.opening.kind is ChangeKind.OPENED


@pytest.mark.parametrize("silence", [SILENT, DOWN, Answer.OPEN_FILTERED, Answer.FILTERED])
def test_silence_is_a_miss_and_closes_after_as_many_as_asked(silence: Answer) -> None:
    missed = known(OPEN, silence, misses_to_close=3)
    assert (missed.state, missed.misses, missed.change.kind) == (ExposureState.SUSPECT, 1, ChangeKind.MISSED)
    assert (missed.last_changed, missed.answering) == (at(1), True)
    assert known(OPEN, silence, silence, misses_to_close=3).state is ExposureState.SUSPECT
    assert known(OPEN, silence, silence, silence, misses_to_close=3).state is ExposureState.CLOSED
    assert known(OPEN, silence, misses_to_close=1).state is ExposureState.CLOSED
    assert missed.change.answer is silence


def test_misses_count_only_in_a_row() -> None:
    again = known(OPEN, SILENT, OPEN)
    assert (again.state, again.misses, again.change.kind) == (ExposureState.OPEN, 0, ChangeKind.SEEN_AGAIN)
    assert known(OPEN, SILENT, OPEN, SILENT).state is ExposureState.SUSPECT


def test_open_soon_after_closed_goes_on_with_the_episode() -> None:
    reopened = known(OPEN, OPEN, REFUSED, OPEN)
    assert (reopened.state, reopened.episode, reopened.reopened) == (ExposureState.OPEN, 1, 1)
    assert (reopened.change.kind, reopened.opening.at, reopened.confirmed) == (ChangeKind.REOPENED, at(1), False)
    assert known(OPEN, REFUSED, OPEN, REFUSED, OPEN, flapping=Flapping(changes=9)).reopened == 2


def test_open_long_after_closed_is_the_next_episode() -> None:
    reopened = known(OPEN, REFUSED, OPEN, REFUSED, OPEN, apart=2 * DAY, reopen_window_hours=47)
    assert (reopened.episode, reopened.reopened, reopened.misses) == (3, 0, 0)
    assert (reopened.opening, reopened.opening.baseline) == (reopened.change, False)
    assert reopened.first_seen == at(2 * DAY)
    assert known(OPEN, REFUSED, OPEN, apart=2 * DAY, reopen_window_hours=48).episode == 1
    assert known(OPEN, REFUSED, OPEN, reopen_window_hours=0).episode == 2


FLAPPED = (OPEN, REFUSED, OPEN, REFUSED)


def test_opened_and_closed_too_often_flaps() -> None:
    flapping = known(*FLAPPED, apart=DAY)
    assert (flapping.state, flapping.answering, flapping.change.kind) == (
        ExposureState.FLAPPING,
        False,
        ChangeKind.CLOSED,
    )
    again = known(*FLAPPED, OPEN, apart=DAY)
    assert (again.state, again.answering, again.change.kind) == (ExposureState.FLAPPING, True, ChangeKind.REOPENED)
    assert known(*FLAPPED, apart=3 * DAY).state is ExposureState.CLOSED, "its changes are too far apart"


def test_misses_do_not_flap_and_a_flapping_one_is_missed_as_any_other() -> None:
    assert known(*[OPEN, SILENT] * 6).state is ExposureState.SUSPECT
    missed = known(*FLAPPED, OPEN, SILENT)
    assert (missed.state, missed.answering, missed.misses) == (ExposureState.FLAPPING, True, 1)
    closed = known(*FLAPPED, OPEN, SILENT, SILENT)
    assert (closed.state, closed.answering, closed.change.kind) == (ExposureState.FLAPPING, False, ChangeKind.CLOSED)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((*FLAPPED, *[REFUSED] * 8), ExposureState.CLOSED),
        ((*FLAPPED, *[DOWN] * 8), ExposureState.CLOSED),
        ((*FLAPPED, OPEN, *[OPEN] * 8), ExposureState.OPEN),
    ],
)
def test_a_whole_quiet_window_settles_it(answers: tuple[Answer, ...], state: ExposureState) -> None:
    assert known(*answers[:-1], apart=DAY).state is ExposureState.FLAPPING
    settled = known(*answers, apart=DAY)
    assert (settled.state, settled.change.kind, settled.flips) == (state, ChangeKind.SETTLED, ())
    assert known(*answers, answers[-1], apart=DAY) == settled


def test_a_flip_after_a_quiet_window_is_told_as_what_it_is() -> None:
    quiet = [Answer.NOT_COVERED] * 8
    reopened = known(*FLAPPED, *quiet, OPEN, apart=DAY)
    assert (reopened.state, reopened.change.kind, reopened.episode) == (ExposureState.OPEN, ChangeKind.REOPENED, 2)
    closed = known(*FLAPPED, OPEN, *quiet, REFUSED, apart=DAY)
    assert (closed.state, closed.change.kind) == (ExposureState.CLOSED, ChangeKind.CLOSED)


def test_a_reopening_after_settling_knows_when_it_closed() -> None:
    days = (*FLAPPED, *[REFUSED] * 8, OPEN)
    assert known(*days, apart=DAY, reopen_window_hours=9 * 24).episode == 1
    assert known(*days, apart=DAY, reopen_window_hours=9 * 24 - 1).episode == 2


def test_what_a_host_that_answers_everything_shows_is_held_until_it_no_longer_does() -> None:
    held = judge(None, evidence(OPEN, 1, held=True), covered_before=AT, patience=Patience())
    assert held is not None
    assert held.held
    assert judge(held, evidence(OPEN, 2, held=True), covered_before=at(1), patience=Patience()) is None
    told = judge(held, evidence(OPEN, 3), covered_before=at(2), patience=Patience())
    assert told is not None
    assert (told.held, told.confirmed, told.change.kind) == (False, True, ChangeKind.CONFIRMED)


def test_what_was_open_before_its_host_answered_everything_is_not_held() -> None:
    changed = judge(known(OPEN, SILENT), evidence(OPEN, 3, held=True), covered_before=at(2), patience=Patience())
    assert changed is not None
    assert not changed.held


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
    changed = judge(known(OPEN), evidence(OPEN, 2, seen), covered_before=at(1), patience=Patience())
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
    assert judge(known(OPEN, OPEN), evidence(OPEN, 3, seen), covered_before=at(2), patience=Patience()) is None


@pytest.mark.parametrize("answer", Answer)
def test_evidence_that_is_not_younger_than_the_last_judgement_or_coverage_is_not_applied(answer: Answer) -> None:
    opened = known(OPEN)
    assert (
        judge(opened, evidence(answer, 1, attempt=2), covered_before=None, patience=Patience(misses_to_close=1)) is None
    )
    assert judge(opened, evidence(answer, 2), covered_before=at(2), patience=Patience(misses_to_close=1)) is None
    assert judge(None, evidence(answer, 2), covered_before=at(3), patience=Patience(misses_to_close=1)) is None


@pytest.mark.parametrize("answer", Answer)
def test_what_an_attempt_was_applied_for_is_not_applied_again(answer: Answer) -> None:
    missed = known(OPEN, SILENT)
    again = evidence(answer, 9, scan=missed.change.scan)
    assert judge(missed, again, covered_before=at(1), patience=Patience()) is None


HISTORIES = st.lists(st.tuples(st.sampled_from(Answer), st.integers(1, 5 * DAY)), max_size=24)
PATIENCES = st.builds(
    Patience,
    misses_to_close=st.integers(1, 4),
    reopen_window_hours=st.integers(0, 400),
    flapping=st.builds(Flapping, changes=st.integers(2, 16), window_hours=st.integers(1, 400)),
)


def lives(history: list[tuple[Answer, int]], patience: Patience) -> Iterator[tuple[Exposure | None, Exposure, Answer]]:
    """Each change of a cell's life: before, after, by which answer."""
    exposure, minute = None, 0
    for answer, pause in history:
        minute += pause
        changed = judge(exposure, evidence(answer, minute), covered_before=AT, patience=patience)
        if changed is not None:
            yield exposure, changed, answer
            exposure = changed


@given(HISTORIES, PATIENCES)
def test_versions_and_episodes_only_grow_by_one(history: list[tuple[Answer, int]], patience: Patience) -> None:
    for before, changed, _ in lives(history, patience):
        assert changed.version == (before.version if before else 0) + 1
        assert changed.episode - (before.episode if before else 0) in {0, 1}
        assert len(changed.flips) <= 16
        Exposure.model_validate(changed.model_dump())


@given(HISTORIES, PATIENCES)
def test_the_state_is_what_the_answers_say(history: list[tuple[Answer, int]], patience: Patience) -> None:
    for _, changed, answer in lives(history, patience):
        assert (changed.state is ExposureState.SUSPECT) <= (0 < changed.misses < patience.misses_to_close)
        assert (answer is OPEN) <= changed.answering
        assert (answer is REFUSED) <= (not changed.answering)
        assert (changed.state is ExposureState.OPEN) <= changed.answering
        assert (changed.state is ExposureState.CLOSED) <= (not changed.answering)


@given(HISTORIES, PATIENCES, st.lists(st.integers(0, 30), max_size=12))
def test_repeated_and_older_evidence_changes_nothing(
    history: list[tuple[Answer, int]], patience: Patience, again: list[int]
) -> None:
    told: list[Evidence] = []
    exposure, minute = None, 0
    for answer, pause in history:
        minute += pause
        told.append(evidence(answer, minute))
        exposure = judge(exposure, told[-1], covered_before=_before(told), patience=patience) or exposure
    late = [told[number] for number in again if number < len(told)]
    assert all(judge(exposure, each, covered_before=at(minute), patience=patience) is None for each in late)


def _before(told: list[Evidence]) -> datetime | None:
    covering = [each.at for each in told[:-1] if each.answer in COVERED]
    return max(covering, default=None)


@given(HISTORIES, PATIENCES)
def test_an_unchanged_cell_is_written_a_bounded_number_of_times(
    history: list[tuple[Answer, int]], patience: Patience
) -> None:
    """Whatever came before: the same answer over and over ends in silence."""
    exposure = next((after for _, after, _ in reversed(list(lives(history, patience)))), None)
    minute = sum(pause for _, pause in history)
    for answer in (OPEN, REFUSED, SILENT):
        cell, writes = exposure, 0
        for _ in range(30):
            minute += 7 * DAY
            changed = judge(cell, evidence(answer, minute), covered_before=AT, patience=patience)
            cell, writes = changed or cell, writes + (changed is not None)
        assert writes <= 2 + patience.misses_to_close


CERTIFICATE = Certificate(subject="a.example", issuer="R3", sha256="aa")
KEYS = (HostKey(type="ssh-ed25519", bits=256, sha256="aa"), HostKey(type="ssh-rsa", bits=2048, sha256="bb"))
PROVEN = NGINX.model_copy(update={"tls": CERTIFICATE, "ssh": KEYS})


def seen_later(seen: Service) -> Exposure | None:
    proven = judge(None, evidence(OPEN, 1, PROVEN), covered_before=None, patience=Patience())
    confirmed = judge(proven, evidence(OPEN, 2, PROVEN), covered_before=at(1), patience=Patience())
    return judge(confirmed or proven, evidence(OPEN, 3, seen), covered_before=at(2), patience=Patience())


@pytest.mark.parametrize(
    "fields",
    [
        {"tls": CERTIFICATE.model_copy(update={"sha256": "cc"})},
        {"ssh": (KEYS[0].model_copy(update={"sha256": "cc"}), KEYS[1])},
    ],
)
def test_another_certificate_or_host_key_is_a_change(fields: dict[str, Any]) -> None:
    seen = PROVEN.model_copy(update=fields)
    changed = seen_later(seen)
    assert changed is not None
    assert (changed.change.kind, changed.service) == (ChangeKind.CHANGED, seen)


@pytest.mark.parametrize("seen", [NGINX, PROVEN.model_copy(update={"ssh": KEYS[:1]}), Service()])
def test_what_was_not_shown_this_time_stays(seen: Service) -> None:
    assert seen_later(seen) is None
