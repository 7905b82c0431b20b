"""The command in the hands of a person: a process in a folder of their own, and what it says of the browser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from cli.access import Access

PATIENCE_S = 120
"""For a command, or a page on loopback: each is a process that may wait for its turn."""


@dataclass(frozen=True)
class Desk:
    """A user of the command in a folder of their own, with nothing in the environment."""

    home: Path
    access: Access
    """Where the stage is; nobody's token."""

    @property
    def kept(self) -> Path:
        return self.home / ".config" / "vedette" / "credentials.json"

    def process(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *words],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        process = self.process(*words)
        told, noted = process.communicate(timeout=PATIENCE_S)
        return process.returncode, told, noted

    @contextmanager
    def logging_in(self) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """The command while it waits for the browser, and the address that it gives."""
        there = ("--url", self.access.url, "--websocket-url", self.access.websocket_url)
        process = self.process("login", "--no-browser", *there)
        try:
            assert process.stderr is not None
            yield process, address(process.stderr)
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE_S)

    def log_in(self) -> str:
        with self.logging_in() as (process, there):
            landed = httpx.get(there, follow_redirects=True, trust_env=False, timeout=PATIENCE_S)
            assert "go back to the terminal" in landed.text
            told, noted = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 0, noted
        return told


def address(notes: IO[str]) -> str:
    said = []
    for line in notes:
        if line.startswith("http"):
            return line.strip()
        said.append(line)
    raise AssertionError(f"the command gives no address: {''.join(said)}")
