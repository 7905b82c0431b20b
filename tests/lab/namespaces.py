"""Network namespaces: making them, running commands in them, and leaving nothing of them behind."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

NETNS = Path("/run/netns")
COMMAND_TIMEOUT_S = 90


class LabError(Exception):
    """A lab could not be built, or does not stand as planned."""


def in_namespace(namespace: str, argv: Sequence[str]) -> list[str]:
    """The argv that runs `argv` with the network of `namespace`."""
    return ["nsenter", f"--net={NETNS / namespace}", "--", *argv]


def run(argv: Sequence[str], *, stdin: str = "") -> str:
    """Run a command to its end and return what it printed."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False)
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]} is not installed: see PACKAGES in tests/lab/hosts.py") from error
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def ip(lines: Iterable[str], *, namespace: str = "") -> None:
    """Run `ip` commands in one batch, inside a namespace when one is named."""
    inside = ["-n", namespace] if namespace else []
    run(["ip", *inside, "-batch", "-"], stdin="".join(f"{line}\n" for line in lines))


def nft(namespace: str, rules: str) -> None:
    run(in_namespace(namespace, ["nft", "-f", "-"]), stdin=rules)


def sysctl(namespace: str, *settings: str) -> None:
    run(in_namespace(namespace, ["sysctl", "-q", "-w", *settings]))


def existing(prefix: str) -> list[str]:
    """The namespaces on this machine whose names begin with `prefix`."""
    if not NETNS.is_dir():
        return []
    return sorted(path.name for path in NETNS.iterdir() if path.name.startswith(prefix))


def destroy(namespaces: Sequence[str]) -> None:
    """Kill every process inside the namespaces, then delete them with all their links."""
    deadline = time.monotonic() + COMMAND_TIMEOUT_S
    while pids := processes(namespaces):
        if time.monotonic() > deadline:
            raise LabError(f"processes {pids} do not die")
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    if namespaces:
        ip(f"netns del {name}" for name in namespaces)


def processes(namespaces: Iterable[str]) -> list[int]:
    """The processes whose network is one of the namespaces."""
    identities = set()
    for name in namespaces:
        with contextlib.suppress(FileNotFoundError):
            identities.add(_identity(NETNS / name))
    found = []
    for entry in Path("/proc").iterdir():
        # A process may end while we look at it.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if entry.name.isdecimal() and _identity(entry / "ns/net") in identities:
                found.append(int(entry.name))
    return found


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino
