"""MiniStack, the embedded AWS, as a child process on loopback."""

import hashlib
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.aws import ACCOUNT, REGION
from infra.local.commands import program, run
from infra.local.daemon import Daemon
from infra.local.errors import PortTakenError, StartError
from infra.local.installed import install_once
from infra.local.paths import LocalPaths

LOCK = Path(__file__).with_name("ministack.lock")
DEFAULT_PORT = 4566
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Emulator:
    paths: LocalPaths = field(default_factory=LocalPaths)
    port: int = DEFAULT_PORT

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def daemon(self) -> Daemon:
        return Daemon(
            name="The embedded AWS",
            pid_file=self.paths.run / "emulator.json",
            log_file=self.paths.log / "emulator.log",
        )

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def up(self) -> bool:
        """Start and wait for health; False when it was up already."""
        self.paths.make()
        if self.daemon.running():
            self._wait_for_health()
            return False
        if _answers(self.port):
            raise PortTakenError(f"Port {self.port} is taken by another program; stop it, or choose another port.")
        python = install(self.paths.tools)
        self.daemon.start([str(python), "-m", "ministack"], env=self._environment(), cwd=self.paths.home)
        self._wait_for_health()
        return True

    def down(self) -> bool:
        """Stop what we started; it saves its state on the way out."""
        return self.daemon.stop(patience=STOP_SECONDS)

    def _environment(self) -> dict[str, str]:
        """Everything the child sees: functions inherit it, so nothing of the caller's shell may be in it."""
        return {
            "PATH": os.defpath,
            "HOME": str(self.paths.home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.paths.tmp),
            "PYTHONUNBUFFERED": "1",
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.paths.state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.paths.state / "s3"),
            "LOG_LEVEL": "INFO",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # It must not run tasks by itself: its containers get no credentials that its own IAM accepts.
            "DOCKER_HOST": f"unix://{self.paths.run}/no-engine",
        }

    def _wait_for_health(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.healthy():
            if self.daemon.running() is None:
                raise StartError(f"The embedded AWS ended while starting.\n{self.daemon.log_tail()}")
            if time.monotonic() > deadline:
                raise StartError(
                    f"The embedded AWS gave no sign of health in {START_SECONDS:.0f} s.\n{self.daemon.log_tail()}"
                )
            time.sleep(0.1)


def install(tools: Path) -> Path:
    """The interpreter of MiniStack's own environment, made anew when the lock or the Python changed.

    It runs the Lambdas too, hence the project's own Python; its dependencies would hold back ours, hence its own place.
    """
    environment = tools / "ministack"
    python = environment / "bin" / "python"

    def make() -> None:
        uv = program("uv", remedy="Install it with: python3 -m pip install uv")
        run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)])
        run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(LOCK)])

    install_once(environment, hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest(), make)
    return python


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
