"""A masscan that did not finish, or cannot be believed, leaves its silence uncovered."""

import time
from types import SimpleNamespace

import pytest

from scanner_image import child, masscan
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools
from tests.scanner_image.one_found import FOUND, HANG, SPEC, assert_only_the_found_is_covered


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("exit 1", "exit code 1"),
        ("exit 0", "before everything was sent"),
        (DONE.replace("100.00%% done, waiting 0-secs", "99.98%% done"), "before everything was sent"),
        ("kill -9 $$", "exit code -9"),
        (f"{DONE}; echo '[-] FAIL: something' >&2", "FAIL: something"),
        (f"{DONE}; {ACCOUNT.replace('dropped 0', 'dropped 7')}", "dropped 7"),
        (f"{DONE}; {ACCOUNT.replace('unread 0', 'unread 900')}", "900 were left unread"),
        (f"{DONE}; {ACCOUNT.replace('unsent 0', 'unsent 3')}", "3 packets were not taken by the interface"),
        (f"{DONE}; {ACCOUNT.replace('sent 99999999', 'sent 11')}", "sent 11 packets to ask 12 cells"),
    ],
)
def test_a_masscan_that_did_not_finish_leaves_its_silence_uncovered(
    stage: Stage, fake_tools: FakeTools, ending: str, reason: str
) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {ending}")

    document = stage.run(SPEC)

    assert_only_the_found_is_covered(document, reason)


def test_as_many_packets_as_cells_are_enough(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT.replace('sent 99999999', 'sent 12')}; {FOUND}; {DONE}")

    assert stage.run(SPEC).trailer.outcome == "complete"


def test_a_masscan_without_its_capture_library_is_not_believed(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{FOUND}; {DONE}")

    assert_only_the_found_is_covered(stage.run(SPEC), "capture library")


def test_a_hung_masscan_is_killed(stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = masscan._IDLE_S + 1
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passes * stage.found)
    monkeypatch.setattr(child, "time", clock)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    assert_only_the_found_is_covered(stage.run(SPEC), "without output")
