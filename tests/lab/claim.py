"""A lab's claim on its id: while it is held the lab lives, and what has no holder is swept away."""

import contextlib
import fcntl
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tests.lab import namespaces

PREFIX = "vlab"
RUN_DIRECTORY = Path("/run/vedette-lab")


class Claim:
    """The lock, the state directory and the namespaces of one lab.

    The lock is a kernel file lock, so it ends with its process however that ends.
    """

    def __init__(self) -> None:
        with _one_at_a_time():
            sweep_dead_labs()
            self.lab_id = secrets.token_hex(3)
            self.directory = RUN_DIRECTORY / self.lab_id
            self.directory.mkdir(mode=0o700)
            self._lock = (self.directory / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def namespace(self, name: str) -> str:
        return f"{PREFIX}-{self.lab_id}-{name}"

    def release(self) -> None:
        with _one_at_a_time():
            _remove(self.lab_id)
            self._lock.close()


def sweep_dead_labs() -> None:
    """Remove the namespaces, processes and files of labs whose holder is gone."""
    named = {name.split("-")[1] for name in namespaces.existing(f"{PREFIX}-")}
    stored = {path.name for path in RUN_DIRECTORY.iterdir() if path.is_dir()}
    for lab_id in named | stored:
        if not _is_held(RUN_DIRECTORY / lab_id / "lock"):
            _remove(lab_id)


def _remove(lab_id: str) -> None:
    namespaces.destroy(namespaces.existing(f"{PREFIX}-{lab_id}-"))
    directory = RUN_DIRECTORY / lab_id
    if directory.exists():
        shutil.rmtree(directory)


def _is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open("r+") as handle:
        return not _try_lock(handle)


def _try_lock(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    RUN_DIRECTORY.mkdir(mode=0o700, exist_ok=True)
    with (RUN_DIRECTORY / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
