"""Resolves every lock file anew, hashes included; run by `make lock`."""

import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Lock:
    source: tuple[str, ...]
    output: str
    constraints: str | None = "requirements.lock"
    """The lock whose versions this one follows."""


LOCKS = (
    Lock(("pyproject.toml", "--all-extras", "--group", "dev"), "requirements.lock", constraints=None),
    Lock(("functions/requirements.in",), "functions/requirements.lock"),
    Lock(("scanner_image/requirements.in",), "scanner_image/requirements.lock"),
    Lock(("infra/local/ministack.in",), "infra/local/ministack.lock", constraints=None),
    Lock(("infra/supply_chain.in",), "infra/supply_chain.lock", constraints=None),
)


def compile_lock(lock: Lock) -> None:
    constraints = ["--constraint", lock.constraints] if lock.constraints else []
    subprocess.run(
        ["uv", "pip", "compile", "--quiet", *lock.source, *constraints, "--universal", "--generate-hashes",
         "--no-emit-index-url", "--custom-compile-command", "make lock", "--output-file", lock.output],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    for each in LOCKS:
        compile_lock(each)
