"""The container engine of this machine, if one answers, and the scanner's image in it."""

import os
import shutil
import subprocess
from pathlib import Path

from infra.local.commands import run
from infra.local.errors import BuildError, CommandError, ToolMissingError
from infra.local.paths import PROJECT

CHOICE = "VEDETTE_ENGINE"
"""`none` for processes, `docker` or `podman` for containers; unset: docker where its daemon answers."""
IMAGE = "vedette-scanner:local"
_ANSWER_S = 60
"""An engine without a daemon sets up its store first; one that is hung is told from one that waits for its turn."""


def find_engine(choice: str | None = None) -> str:
    """The client's path; empty where tasks run as processes."""
    wanted = os.environ.get(CHOICE, "") if choice is None else choice
    if wanted == "none":
        return ""
    if wanted:
        found = shutil.which(wanted)
        if found is None or not _answers(found):
            raise ToolMissingError(f"`{wanted}` was asked for ({CHOICE}) and does not answer on this machine.")
        return found
    docker = shutil.which("docker")
    return docker if docker and _answers(docker) else ""


def build_image(engine: str, project: Path = PROJECT) -> None:
    """Seconds when nothing changed: the engine's own cache knows. Raises BuildError when there is no way to build it."""
    try:
        run([engine, "build", "--tag", IMAGE, "--file", "scanner_image/Dockerfile", "."], cwd=project, seconds=1200)
    except CommandError as error:
        raise BuildError(
            f"{error}\nThe scanner's image cannot be built here. With {CHOICE}=none, tasks run as processes and need no image."
        ) from error


def _answers(client: str) -> bool:
    try:
        return subprocess.run([client, "info"], capture_output=True, timeout=_ANSWER_S, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
