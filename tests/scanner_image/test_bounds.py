"""What an attempt may not probe, and how fast it may."""

import pytest

from functions.core.coverage import Answer
from scanner_image import heart
from tests.scanner_image.cells_of import answers
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools
from tests.scanner_image.fakes import chunk_spec
from tests.scanner_image.one_found import FOUND, HANG, SPEC


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "224.0.0.1"])
def test_a_chunk_out_of_scope_is_refused_before_anything_runs(
    stage: Stage, fake_tools: FakeTools, address: str
) -> None:
    fake_tools.install(nmap="exit 1", masscan="exit 1")

    outcome = stage.work(chunk_spec("10.9.1.0", address, ports="80"))

    assert outcome == "failed"
    assert address in stage.ledger.failed
    assert stage.ledger.saved is None
    assert not fake_tools.ran("nmap")
    assert not fake_tools.ran("masscan")


def test_an_exclusion_made_since_the_plan_is_kept_to(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap="exit 1", masscan="exit 1")
    stage.ledger.excluded = ("10.9.1.0/30",)

    assert stage.work(chunk_spec("10.9.1.2", "10.9.1.3", ports="80")) == "failed"
    assert "10.9.1.2" in stage.ledger.failed
    assert not fake_tools.ran("masscan")


def test_what_was_excluded_or_released_since_the_plan_is_left_out_and_the_rest_is_scanned(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.2)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; sleep 1; {DONE}")
    stage.ledger.excluded = ("10.9.1.0/31",)

    document = stage.run(SPEC)

    covered = answers(chunk_spec("10.9.1.2-10.9.1.3", ports="22,80-81"), document.coverage)
    assert Answer.NOT_COVERED not in covered.values()
    assert document.open == {("10.9.1.2", 80)}
    assert document.trailer.outcome == "complete"
    assert "left out" in document.trailer.reason
    assert "10.9.1.0 and 1 more" in document.trailer.reason


def test_an_attempt_keeps_to_the_rate_that_it_was_granted(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")
    stage.ledger.granted = 77

    document = stage.run(SPEC)

    commands = document.trailer.commands
    assert {command.argv[command.argv.index("--rate") + 1] for command in commands} == {"77"}


def test_an_exclusion_made_while_the_attempt_is_at_work_stops_it(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    monkeypatch.setattr(stage.ledger, "exclusions", lambda *_: (SPEC.addresses[0].first,) * stage.found)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    document = stage.run(SPEC)

    assert document.trailer.outcome == "stopped"
    assert "is excluded" in document.trailer.reason
