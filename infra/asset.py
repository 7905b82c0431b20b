"""The one Lambda asset: `functions/` and its third-party packages, built without Docker, once per digest."""

import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.settings import Stage

PROJECT = Path(__file__).resolve().parents[1]
BUILD = PROJECT / "build"
FUNCTIONS = PROJECT / "functions"
LOCK = FUNCTIONS / "requirements.lock"
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}


@dataclass(frozen=True)
class Asset:
    path: Path
    digest: str


@functools.cache
def build(stage: Stage) -> Asset:
    """AWS's runtime brings boto3; so does the interpreter of the embedded AWS, which is this one's version."""
    target = _running_interpreter() if stage.local else _aws_runtime(stage)
    packages = _packages(target)
    digest = hashlib.sha256(packages.name.encode())
    for path in _sources():
        digest.update(f"{path.relative_to(PROJECT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    name = digest.hexdigest()
    asset = BUILD / f"functions-{name[:16]}"
    if not asset.exists():
        with _Staged(asset) as staged:
            shutil.copytree(packages, staged, dirs_exist_ok=True, copy_function=os.link)
            for path in _sources():
                copy = staged / path.relative_to(PROJECT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    return Asset(path=asset, digest=name)


def _aws_runtime(stage: Stage) -> tuple[str, ...]:
    return ("--python-version", stage.python, "--python-platform", _PLATFORMS[stage.lambda_architecture])


def _running_interpreter() -> tuple[str, ...]:
    return ("--python-version", platform.python_version())


def _packages(target: tuple[str, ...]) -> Path:
    """Third-party packages for `target`, installed from the lock by hash, wheels only."""
    digest = hashlib.sha256(LOCK.read_bytes() + repr(target).encode()).hexdigest()
    packages = BUILD / f"packages-{digest[:16]}"
    if not packages.exists():
        uv = shutil.which(
            "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        )
        if uv is None:
            raise FileNotFoundError("`uv` is not installed. Install it with: python3 -m pip install uv")
        with _Staged(packages) as staged:
            subprocess.run(
                [
                    uv,
                    *("pip", "install", "--quiet", "--python", sys.executable, "--target", str(staged)),
                    *("--no-deps", "--require-hashes", "--only-binary=:all:", *target, "-r", str(LOCK)),
                ],
                check=True,
                stdout=sys.stderr,
                timeout=300,
            )
            shutil.rmtree(staged / "bin", ignore_errors=True)
            (staged / ".lock").unlink(missing_ok=True)
    return packages


def _sources() -> Iterator[Path]:
    for path in sorted(FUNCTIONS.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path != LOCK:
            yield path


class _Staged:
    """A directory that appears under its name only when it is whole; several synths may run side by side."""

    def __init__(self, final: Path) -> None:
        self._final = final
        self._staged = final.with_name(f"{final.name}.{os.getpid()}")

    def __enter__(self) -> Path:
        self._staged.mkdir(parents=True)
        return self._staged

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is None:
            try:
                self._staged.rename(self._final)
            except OSError:
                # Whoever was first made the same: its name holds the digest of all that went in.
                if not self._final.is_dir():
                    raise
        shutil.rmtree(self._staged, ignore_errors=True)
