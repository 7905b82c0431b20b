"""What ends an attempt before its work is done, and what it saves then."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from functions.core.coverage import Answer
from functions.core.errors import Superseded
from functions.core.messages import Event
from scanner_image import heart, path, worker
from tests.scanner_image.cells_of import answers, cells
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools, discovered
from tests.scanner_image.one_found import FOUND, HANG, SPEC, assert_only_the_found_is_covered

HOUR = timedelta(hours=1)
BEYOND = 7200
"""Seconds: a deadline that falls after an hour."""


def test_a_deadline_ends_the_attempt_and_saves(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    document = stage.run(SPEC, once=lambda: stage.found, pass_s=SPEC.deadline_s)

    assert_only_the_found_is_covered(document, f"deadline of {SPEC.deadline_s} s")


def test_sigterm_saves_what_is_there_at_once(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}; touch {fake_tools.directory}/ran-on")

    document = stage.run(SPEC, once=lambda: stage.found, halt="the task was told to end")

    assert_only_the_found_is_covered(document, "told to end")
    assert not fake_tools.ran("on"), "nobody waits for a tool that hangs"


def test_a_stop_request_seen_at_a_heartbeat_stops(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    stage.ledger.request = "cancel"
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    document = stage.run(SPEC)

    assert document.trailer.outcome == "stopped"
    assert "cancel" in document.trailer.reason
    cells(SPEC, document.coverage)


def test_events_that_nobody_takes_hold_up_no_task(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LAST_WORDS_S", 0.1)
    taken: list[str] = []

    def publish(event: Event) -> None:
        time.sleep(1)
        taken.append(event.type)

    monkeypatch.setattr(stage.live, "publish", publish)
    fake_tools.install(masscan=f"{ACCOUNT}; {discovered('10.9.1.2', 22)}; {discovered('10.9.1.2', 80)}; {DONE}")

    document = stage.run(SPEC)

    assert document.trailer.outcome == "complete"
    assert taken[:1] == ["chunk.started"]
    assert "chunk.done" not in taken


def test_a_router_that_nobody_can_be_asked_about_leaves_its_cells_uncovered(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path, "TIMEOUT_S", 0.2)
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}", ip="exec sleep 5")

    document = stage.run(SPEC)

    assert set(answers(SPEC, document.coverage).values()) == {Answer.NOT_COVERED}
    assert "no answer in 0.2 s" in document.trailer.reason


def test_a_superseded_attempt_writes_nothing(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    stage.ledger.superseded = True
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    with pytest.raises(Superseded):
        stage.work(SPEC)

    assert stage.ledger.saved is None
    assert not list(stage.directory.iterdir())


def test_a_heartbeat_that_cannot_be_written_ends_the_attempt(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> str:
        if not stage.live.of("port.found"):
            return ""
        raise PermissionError("not allowed")

    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    monkeypatch.setattr(stage.ledger, "heartbeat", denied)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    assert_only_the_found_is_covered(stage.run(SPEC), "heartbeat failed")


@pytest.mark.parametrize("asked", ["cancel", "pause", "halt", "end"])
def test_what_was_stopped_before_it_began_sends_nothing_and_says_so(
    stage: Stage, fake_tools: FakeTools, asked: str
) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")
    stage.ledger.requested_before = asked

    document = stage.run(SPEC)

    assert not fake_tools.ran("masscan")
    assert document.trailer.outcome == "stopped"
    assert set(answers(SPEC, document.coverage).values()) == {Answer.NOT_COVERED}
    assert stage.ledger.saved is not None
    assert stage.ledger.saved.stop == ("" if asked == "end" else asked)


def test_an_attempt_stops_by_its_own_clock_when_the_hours_end(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")
    stage.ledger.not_after = datetime.now(UTC) + HOUR

    document = stage.run(
        SPEC.model_copy(update={"deadline_s": BEYOND}), once=lambda: stage.found, pass_s=HOUR.total_seconds()
    )

    assert document.trailer.outcome == "stopped"
    assert "the hours in which the network may be scanned ended" in document.trailer.reason
    assert document.open == {("10.9.1.2", 80)}
    assert stage.ledger.saved is not None
    assert stage.ledger.saved.stop == "window"


def test_an_attempt_whose_authority_has_ended_sends_nothing(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")

    document = stage.run(SPEC.model_copy(update={"not_after": datetime.now(UTC)}))

    assert not fake_tools.ran("masscan")
    assert "an authority that the scan leans on ended" in document.trailer.reason
    assert stage.ledger.saved is not None
    assert stage.ledger.saved.stop == "authority"


def test_an_authority_that_ends_while_the_attempt_is_at_work_stops_it(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    spec = SPEC.model_copy(update={"not_after": datetime.now(UTC) + HOUR, "deadline_s": BEYOND})

    document = stage.run(spec, once=lambda: stage.found, pass_s=HOUR.total_seconds())

    assert fake_tools.ran("masscan")
    assert_only_the_found_is_covered(document, "authority that the scan leans on ended", outcome="stopped")
