import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.local import running_task
from infra.local.daemon import identity_of
from infra.local.ecs_task import EcsTask
from infra.local.running_task import RunningTask, kill_session, launch

SAVES_ON_SIGTERM = (
    "import signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(3))\nprint('up', flush=True)\ntime.sleep(60)"
)
IGNORES_SIGTERM = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
LEAVES_A_CHILD = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import os, time; os.setpgid(0, 0); time.sleep(60)'])\n"
    "print('child', child.pid, flush=True)\n"
)


class Launched:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.all: list[RunningTask] = []

    def __call__(self, code: str, *, stop_seconds: float = 30) -> RunningTask:
        scratch = self.directory / f"scratch{len(self.all)}"
        scratch.mkdir()
        task = EcsTask("arn/task/1", "scans", "role", "image", (), {}, stop_seconds, None)
        running = launch(
            task,
            [sys.executable, "-c", code],
            environment={},
            cwd=self.directory,
            namespace="",
            scratch=scratch,
            log_file=self.directory / f"{len(self.all)}.log",
        )
        self.all.append(running)
        return running


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launched]:
    made = Launched(tmp_path)
    yield made
    for running in made.all:
        kill_session(running.process.pid)
        running.process.wait()


def output_of(running: RunningTask, word: str) -> str:
    deadline = time.monotonic() + 60
    while word not in running.log_file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return running.log_file.read_text()


def test_a_stopped_task_gets_sigterm_and_ends_as_it_likes(launched: Launched) -> None:
    running = launched(SAVES_ON_SIGTERM)
    output_of(running, "up")
    running.stop()
    assert running.end() == 3


def test_a_task_that_will_not_stop_is_killed_after_its_stop_timeout(
    launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(running_task, "time", SimpleNamespace(monotonic=lambda: now[0]))
    running = launched(IGNORES_SIGTERM, stop_seconds=30)
    output_of(running, "up")
    running.stop()
    now[0] = 29
    running.enforce()
    assert running.process.poll() is None, "it still has its stop time-out"
    now[0] = 31
    running.enforce()
    assert running.end() == -9


def test_children_that_outlive_a_task_are_killed_whichever_group_they_moved_to(launched: Launched) -> None:
    running = launched(LEAVES_A_CHILD)
    child = int(output_of(running, "child").split()[1])
    assert running.end() == 0
    deadline = time.monotonic() + 30
    while identity_of(child) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_of_a_tasks_scratch_directory_is_left(launched: Launched) -> None:
    running = launched("open('secret', 'w')")
    (running.scratch / "file").write_text("x")
    running.end()
    assert not running.scratch.exists()


def test_the_sessions_of_others_are_left_alone(launched: Launched) -> None:
    bystander = launched(IGNORES_SIGTERM)
    ended = launched("pass")
    ended.end()
    assert bystander.process.poll() is None


def test_the_engine_is_told_to_kill_a_container_that_will_not_stop(launched: Launched, tmp_path: Path) -> None:
    running = launched(IGNORES_SIGTERM, stop_seconds=0)
    running.kill_argv = ("touch", str(tmp_path / "killed"))
    output_of(running, "up")
    running.stop()
    time.sleep(0.05)
    running.enforce()
    assert (tmp_path / "killed").exists()
