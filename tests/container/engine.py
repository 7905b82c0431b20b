"""A container engine of the tests' own: podman with its own store, configuration and nothing of the machine's."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.container.figures import timed

PREFIX = "vedette-engine-"

# Docker's capabilities, which are Fargate's: podman's own set lacks NET_RAW.
_CONTAINERS = """
[containers]
default_capabilities = [
  "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
  "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
]
default_sysctls = []
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
tmp_dir = "{root}/tmp"
"""
_STORAGE = """
[storage]
driver = "overlay"
graphroot = "{root}/graph"
runroot = "{root}/run"
"""


@dataclass(frozen=True)
class Engine:
    """Without `registries` it asks nobody for an image that it does not have."""

    root: Path
    registries: bool = False
    client: str = "podman"

    def environment(self) -> dict[str, str]:
        nowhere = {
            "CONTAINERS_REGISTRIES_CONF": str(self.root / "registries.conf"),
            "CONTAINERS_REGISTRIES_CONF_DIR": str(self.root / "registries.d"),
        }
        return {
            **({} if self.registries else nowhere),
            "CONTAINERS_CONF": str(self.root / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.root / "storage.conf"),
            # A build step then has the machine's network, and no bridge is made for it.
            "BUILDAH_ISOLATION": "chroot",
        }

    def configure(self) -> None:
        (self.root / "registries.conf").touch()
        (self.root / "registries.d").mkdir()
        (self.root / "containers.conf").write_text(_CONTAINERS.format(root=self.root))
        (self.root / "storage.conf").write_text(_STORAGE.format(root=self.root))

    def call(self, *words: str, seconds: float = 300) -> str:
        """What the client printed; a failure fails the test."""
        done = self.attempt(*words, seconds=seconds)
        assert done.returncode == 0, f"podman {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def attempt(
        self, *words: str, seconds: float = 300, extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.client, *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.root), **self.environment(), **(extra or {})},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def containers(self) -> dict[str, str]:
        """Names of running containers and their image."""
        lines = self.call("ps", "--format", "{{.Names}} {{.Image}}").splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def clear(self) -> None:
        """End its containers, undo its mounts, remove its files."""
        if (self.root / "storage.conf").exists():
            self.attempt("rm", "--all", "--force", "--time=0")
        inside = f"{self.root}/"
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for mount in reversed([mount for mount in mounts if mount.startswith(inside)]):
            subprocess.run(["umount", "--lazy", mount], check=True)
        shutil.rmtree(self.root)


@contextmanager
def own_engine(*, registries: bool) -> Iterator[Engine]:
    """Configured for this process and its children; gone at the end, and so are those of dead test runs."""
    assert shutil.which("podman"), "podman is not installed: python -m infra.local.install --tests"
    _sweep()
    engine = Engine(Path(tempfile.mkdtemp(prefix=PREFIX)), registries)
    # The kernel drops the lock with its holder, however that ends.
    with (engine.root / "lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        engine.configure()
        for name, value in engine.environment().items():
            patch.setenv(name, value)
        try:
            yield engine
        finally:
            with timed("removal of the engine"):
                engine.clear()


def _sweep() -> None:
    for root in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(FileNotFoundError, BlockingIOError), (root / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            Engine(root).clear()
