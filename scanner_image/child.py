"""A tool as a child process: bounded in time, output and privilege, and gone when its worker is."""

import asyncio
import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.core.errors import ScannerFailed
from functions.core.messages import Command
from scanner_image.halt import Halt

ALLOWED_ENVIRONMENT = ("PATH", "LANG")
_NOBODY = "65534"
_READ_BYTES = 1 << 16
_GRACE_S = 2.0
_LOOK_S = 0.25
_PR_SET_DUMPABLE = 4

Feed = Callable[[bytes], None]


@dataclass(frozen=True)
class Limits:
    """`idle_s`: seconds without a byte of output after which the child counts as hung."""

    seconds: float
    idle_s: float = 60.0
    output_bytes: int = 1 << 30


@dataclass(frozen=True)
class Ended:
    """How a child ended. `why` is empty when it ended by itself."""

    argv: tuple[str, ...]
    exit_code: int | None
    seconds: float
    why: str = ""

    def command(self, *, complete: bool) -> Command:
        return Command(argv=self.argv, exit_code=self.exit_code, seconds=round(self.seconds, 3), complete=complete)


def confined(argv: Sequence[str]) -> list[str]:
    """`argv` under the least privilege that still scans, killed by the kernel when the worker dies.

    A worker that runs as root hands its tools another user and nothing but raw sockets, so that they cannot read the
    worker's environment or memory. Elsewhere the tools have the worker's own user, who cannot either: see `shut_memory`.
    """
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig", "KILL", "--", *argv]
    capabilities = "-all,+net_raw"
    return [
        "setpriv",
        *("--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups", "--inh-caps", capabilities),
        *("--ambient-caps", capabilities, "--bounding-set", capabilities, "--pdeathsig", "KILL", "--"),
        *argv,
    ]


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    return {name: os.environ[name] for name in ALLOWED_ENVIRONMENT if name in os.environ} | dict(extra)


async def run(
    argv: Sequence[str],
    *,
    stdout: Feed,
    stderr: Feed,
    limits: Limits,
    halt: Halt,
    directory: Path,
    extra_environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run `argv`, feeding its output as it comes. Raises ScannerFailed when it cannot be started."""
    started = time.monotonic()
    try:
        process = await asyncio.create_subprocess_exec(
            *confined(argv),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(extra_environment or {}),
            cwd=directory,
            start_new_session=True,
        )
    except OSError as error:
        raise ScannerFailed(f"{argv[0]} could not be started: {error.strerror}") from error
    try:
        why = await _Watch(process, limits, halt).until_end(stdout, stderr)
    finally:
        await _end(process)
    return Ended(tuple(argv), process.returncode, time.monotonic() - started, why)


class _Watch:
    def __init__(self, process: asyncio.subprocess.Process, limits: Limits, halt: Halt) -> None:
        self.process = process
        self.limits = limits
        self.halt = halt
        self.started = self.last_output = time.monotonic()
        self.read = 0

    async def until_end(self, stdout: Feed, stderr: Feed) -> str:
        """Why the child must be killed; empty when it ended by itself."""
        finished = asyncio.create_task(self._finish(stdout, stderr))
        halted = asyncio.create_task(self.halt.wait())
        try:
            while not finished.done():
                if why := self._why():
                    return why
                await asyncio.wait((finished, halted), timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            finished.result()
            return ""
        finally:
            halted.cancel()
            finished.cancel()
            await asyncio.gather(halted, finished, return_exceptions=True)

    async def _finish(self, stdout: Feed, stderr: Feed) -> None:
        await asyncio.gather(self._pump(self.process.stdout, stdout), self._pump(self.process.stderr, stderr))
        await self.process.wait()

    async def _pump(self, stream: asyncio.StreamReader | None, feed: Feed) -> None:
        while stream and (data := await stream.read(_READ_BYTES)):
            self.last_output = time.monotonic()
            self.read += len(data)
            feed(data)

    def _why(self) -> str:
        now, limits = time.monotonic(), self.limits
        if self.halt.is_set:
            return self.halt.reason
        if now - self.started > limits.seconds:
            return f"killed at its time limit of {limits.seconds:.0f} s"
        if now - self.last_output > limits.idle_s:
            return f"killed after {limits.idle_s:.0f} s without output"
        if self.read > limits.output_bytes:
            return f"killed after more than {limits.output_bytes} bytes of output"
        return ""


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let nothing of the child's group live on; its number stays its own until it is reaped."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signum)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE_S)
    # A pipe closes when it has been read to its end, and a killed child leaves some of what it said unread.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.communicate(), _GRACE_S)


def shut_memory() -> None:
    """Close this process's environment and memory to others of the same user (prctl PR_SET_DUMPABLE)."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise ScannerFailed(f"prctl: {os.strerror(ctypes.get_errno())}")
