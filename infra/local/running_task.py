"""One task's process, from its start to the last of its children."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.ecs_task import EcsTask


@dataclass
class RunningTask:
    task: EcsTask
    process: subprocess.Popen[bytes]
    namespace: str
    scratch: Path
    log_file: Path
    # What ends the task where its process is only the client of a container engine.
    kill_argv: tuple[str, ...] = ()
    kill_at: float | None = field(default=None, init=False)

    def stop(self) -> None:
        """SIGTERM to the main process, as ECS does; `enforce` follows up when the stop time-out is over."""
        if self.kill_at is None and self.process.poll() is None:
            self.kill_at = time.monotonic() + self.task.stop_seconds
            self.process.send_signal(signal.SIGTERM)

    def enforce(self) -> None:
        if self.kill_at is not None and time.monotonic() > self.kill_at and self.process.poll() is None:
            self._kill()

    def end(self) -> int:
        """The exit code, once nothing of the task is left: children that outlived their parent are killed."""
        code = self.process.wait()
        kill_session(self.process.pid)
        shutil.rmtree(self.scratch, ignore_errors=True)
        return code

    def _kill(self) -> None:
        if self.kill_argv:
            subprocess.run(self.kill_argv, check=False, capture_output=True, timeout=30)
        kill_session(self.process.pid)


def launch(
    task: EcsTask,
    argv: Sequence[str],
    *,
    environment: dict[str, str],
    cwd: Path,
    namespace: str,
    scratch: Path,
    log_file: Path,
    kill_argv: tuple[str, ...] = (),
) -> RunningTask:
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            argv,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return RunningTask(task, process, namespace, scratch, log_file, kill_argv)


def kill_session(leader: int) -> None:
    """SIGKILL for every process of the session, whichever group it moved to."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            if int(stat.rpartition(")")[2].split()[3]) == leader:
                os.kill(int(entry.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
