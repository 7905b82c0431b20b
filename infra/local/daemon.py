"""Background processes that outlive their starter and are stopped only when they are provably ours."""

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import StartError


@dataclass(frozen=True)
class Identity:
    """A process id alone may be reused; with the boot and the start time it names one process for ever."""

    pid: int
    started: int
    boot: str

    def argv(self) -> list[str]:
        return Path(f"/proc/{self.pid}/cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")


def identity_of(pid: int) -> Identity | None:
    """The living process `pid`, or None when there is none or only its zombie is left."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[0] in {"Z", "X"}:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return Identity(pid=pid, started=int(fields[19]), boot=boot)


@dataclass(frozen=True)
class Daemon:
    name: str
    pid_file: Path
    log_file: Path

    def running(self) -> Identity | None:
        """Our process, if the pid file names one that still lives."""
        try:
            recorded = Identity(**json.loads(self.pid_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        return recorded if identity_of(recorded.pid) == recorded else None

    def start(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Identity:
        """Start `argv` in a session of its own with exactly `env`; the caller has checked that none runs."""
        if self.log_file.exists():
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        output = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        # posix_spawn leaves no Popen object behind that would want to be waited for.
        pid = os.posix_spawnp(
            "env",
            ["env", "-C", str(cwd), "--", *argv],
            dict(env),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log_file), output, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        started = identity_of(pid)
        if started is None:
            raise StartError(f"{self.name} ended at once.\n{self.log_tail()}")
        self.pid_file.write_text(json.dumps(started.__dict__), encoding="utf-8")
        return started

    def stop(self, *, patience: float) -> bool:
        """SIGTERM, then SIGKILL after `patience` seconds; False when nothing of ours was running."""
        ours = self.running()
        if ours is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            os.kill(ours.pid, number)
            if self._gone(ours, seconds):
                break
        self.pid_file.unlink(missing_ok=True)
        return True

    def log_tail(self, lines: int = 25) -> str:
        try:
            text = self.log_file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _gone(self, ours: Identity, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while identity_of(ours.pid) == ours:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True
