"""The worker processes of a scan, found among this machine's processes by their environment."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("scanner_image", "tests.faults.skewed")
"""That are workers: the second has another clock."""


@dataclass(frozen=True)
class Worker:
    pid: int
    chunk: str

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def alive(self) -> bool:
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return False
        return state != "Z"

    def environment(self) -> dict[str, str]:
        return _environment(Path(f"/proc/{self.pid}"))

    def tools(self, name: str) -> list[int]:
        """Pids of the scanning tools below this worker; one that only tells its version does not scan."""
        found, waiting = [], [self.pid]
        while waiting:
            for child in _children(waiting.pop()):
                waiting.append(child)
                if _program(child).startswith(name) and "--version" not in _command(Path(f"/proc/{child}")):
                    found.append(child)
        return found


def workers_of(scan: str) -> list[Worker]:
    """Living workers of a scan, in order of chunk."""
    found = []
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        variables = _environment(directory)
        if variables.get("VEDETTE_SCAN") == scan and any(each in _command(directory) for each in PROGRAMS):
            worker = Worker(int(directory.name), variables.get("VEDETTE_CHUNK", ""))
            if worker.alive():
                found.append(worker)
    return sorted(found, key=lambda worker: worker.chunk)


def _environment(directory: Path) -> dict[str, str]:
    try:
        entries = (directory / "environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(entry.decode(errors="replace").split("=", 1) for entry in entries if b"=" in entry)


def _command(directory: Path) -> str:
    try:
        return (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    found = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in listing.read_text().split()]
        except OSError:
            continue
    return found
