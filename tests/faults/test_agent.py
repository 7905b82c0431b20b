"""What was in store for tasks has met one where the task's own log says so: a full disk, a wrong clock that was read."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.ecs_task import EcsTask
from infra.local.launcher import Launcher
from infra.local.paths import LocalPaths
from tests.faults.agent import FaultyLauncher, InStore
from tests.faults.skewed import wrong_clock

TASK = EcsTask(
    arn="arn:task/1",
    cluster="arn:cluster",
    role_arn="",
    image="",
    command=("python",),
    environment={},
    stop_seconds=1,
    log=None,
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    written = tmp_path / "1.log"
    written.write_text("nothing of note\n")
    return written


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultyLauncher:
    """Starts nothing."""
    monkeypatch.setattr(Launcher, "_process", lambda *_, **__: None)
    return FaultyLauncher(LocalPaths(tmp_path), 1, 2)


def start(launcher: FaultyLauncher, log: Path) -> None:
    launcher._process(TASK, {}, namespace="", scratch=log.parent, log_file=log)


def test_a_task_that_says_nothing_of_it_has_not_met_it(launcher: FaultyLauncher, log: Path) -> None:
    launcher.in_store = InStore(skew=60)
    start(launcher, log)
    assert not launcher.met


def test_a_full_disk_is_met_where_a_write_failed(launcher: FaultyLauncher, log: Path) -> None:
    launcher.in_store = InStore(skew=60)
    start(launcher, log)
    log.write_text(f"Traceback\nOSError: {OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))}\n")
    assert launcher.met
    launcher.calm()
    assert (launcher.met, launcher.in_store) == (False, InStore())


def test_a_task_for_which_nothing_was_in_store_is_not_asked(launcher: FaultyLauncher, log: Path) -> None:
    log.write_text(os.strerror(errno.ENOSPC))
    start(launcher, log)
    assert not launcher.met


def test_a_wrong_clock_says_once_that_it_was_read(
    launcher: FaultyLauncher, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    launcher.in_store = InStore(skew=-120)
    start(launcher, log)
    clock = wrong_clock(timedelta(seconds=-120))
    assert capsys.readouterr().err == ""
    assert timedelta(seconds=119) < datetime.now(UTC) - clock() < timedelta(seconds=121)
    clock()
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    log.write_text(told)
    assert launcher.met
