"""Tools that every instance on this machine shares, installed by whichever instance comes first."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


def install_once(home: Path, digest: str, install: Callable[[], object]) -> None:
    """Run `install`, which fills `home`, unless `home` was filled from `digest` already.

    Instances that start side by side wait for the one that installs; one that failed leaves it to the next.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    mark = home / "vedette-digest"
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text(encoding="ascii") == digest:
            return
        shutil.rmtree(home, ignore_errors=True)
        install()
        mark.write_text(digest, encoding="ascii")
