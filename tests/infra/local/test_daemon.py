import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.daemon import Daemon, identity_of
from infra.local.errors import StartError

FOREVER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon("The test daemon", pid_file=tmp_path / "pid.json", log_file=tmp_path / "it.log")
    yield made
    made.stop(patience=0.1)


def start(daemon: Daemon, argv: list[str], **env: str) -> None:
    daemon.start(argv, env={"PATH": "/usr/bin:/bin", **env}, cwd=daemon.pid_file.parent)


def wait_for_output(daemon: Daemon, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in daemon.log_tail():
        assert time.monotonic() < deadline, f"{text!r} never appeared in {daemon.log_tail()!r}"
        time.sleep(0.02)


def test_a_started_daemon_runs_until_it_is_stopped(daemon: Daemon) -> None:
    start(daemon, FOREVER)
    wait_for_output(daemon, "up")
    running = daemon.running()
    assert running is not None
    assert running.argv() == FOREVER
    assert daemon.stop(patience=5)
    assert daemon.running() is None
    assert identity_of(running.pid) is None


def test_stopping_twice_is_not_an_error(daemon: Daemon) -> None:
    start(daemon, FOREVER)
    assert daemon.stop(patience=5)
    assert not daemon.stop(patience=5)


def test_a_daemon_that_ignores_sigterm_is_killed_when_patience_ends(daemon: Daemon) -> None:
    start(daemon, STUBBORN)
    wait_for_output(daemon, "up")
    assert daemon.stop(patience=0.2)
    assert daemon.running() is None


def test_a_reused_pid_is_neither_taken_for_ours_nor_killed(daemon: Daemon) -> None:
    start(daemon, FOREVER)
    ours = daemon.running()
    assert ours is not None
    daemon.pid_file.write_text(json.dumps({**ours.__dict__, "started": ours.started - 1}))
    assert daemon.running() is None
    assert not daemon.stop(patience=1)
    assert identity_of(ours.pid) == ours
    daemon.pid_file.write_text(json.dumps(ours.__dict__))


def test_a_pid_from_before_a_reboot_is_not_ours(daemon: Daemon) -> None:
    start(daemon, FOREVER)
    ours = daemon.running()
    assert ours is not None
    daemon.pid_file.write_text(json.dumps({**ours.__dict__, "boot": "another"}))
    assert daemon.running() is None
    daemon.pid_file.write_text(json.dumps(ours.__dict__))


def test_the_child_sees_only_the_environment_it_is_given(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    # One that ended while `start` still looked for it would pass for one that did not start.
    shows = "import os, time; print(sorted(os.environ), flush=True); time.sleep(60)"
    start(daemon, [sys.executable, "-c", shows], GIVEN="1")
    wait_for_output(daemon, "GIVEN")
    assert "AWS_PROFILE" not in daemon.log_tail()
    assert "HTTPS_PROXY" not in daemon.log_tail()


def test_a_program_that_is_not_there_leaves_its_complaint_in_the_log(daemon: Daemon) -> None:
    # Whether the end is seen by `start` already is a race that either side may win.
    with contextlib.suppress(StartError):
        start(daemon, ["no-such-program-at-all"])
    wait_for_output(daemon, "no-such-program-at-all")
    assert daemon.running() is None


def test_the_log_of_the_start_before_is_kept(daemon: Daemon) -> None:
    start(daemon, FOREVER)
    wait_for_output(daemon, "up")
    daemon.stop(patience=5)
    start(daemon, [word.replace("up", "second") for word in FOREVER])
    wait_for_output(daemon, "second")
    assert "up" not in daemon.log_tail()
    assert "up" in daemon.log_file.with_suffix(".log.1").read_text()
