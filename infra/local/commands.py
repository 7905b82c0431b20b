"""Running the tools of the set-up and telling what went wrong."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.errors import CommandError, ToolMissingError


def run(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None, seconds: float = 600
) -> str:
    """Run `argv` to its end and return its output; a failure carries the output's tail."""
    try:
        done = subprocess.run(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as late:
        raise CommandError(f"`{' '.join(argv)}` did not end in {seconds:.0f} s.") from late
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise CommandError(f"`{' '.join(argv)}` failed with code {done.returncode}:\n{tail}")
    return done.stdout


def program(name: str, *, remedy: str) -> str:
    """The path of `name`, or an error that says how to get it."""
    found = shutil.which(name)
    if found is None:
        raise ToolMissingError(f"`{name}` is not installed. {remedy}")
    return found
