"""Children: bounded in time, silence and output, and gone with their worker."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from functions.core.errors import ScannerFailed
from scanner_image import child
from scanner_image.child import Ended, Limits
from scanner_image.halt import Halt

PLENTY = Limits(seconds=60, idle_s=60)


def run(*argv: str, limits: Limits = PLENTY, halt_by: bytes = b"") -> tuple[Ended, bytes]:
    """`halt_by`: what the child says last before it is halted."""
    output = bytearray()

    async def main() -> Ended:
        halt = Halt()

        def feed(data: bytes) -> None:
            output.extend(data)
            if halt_by and output.endswith(halt_by):
                halt("stopped", "enough")

        return await child.run(argv, stdout=feed, stderr=feed, limits=limits, halt=halt, directory=Path("/"))

    return asyncio.run(main()), bytes(output)


def test_a_child_that_ends_gives_its_output_and_code() -> None:
    ended, output = run("sh", "-c", "echo out; echo err >&2; exit 3")

    assert (ended.exit_code, ended.why) == (3, "")
    assert sorted(output.split()) == [b"err", b"out"]


@pytest.mark.parametrize(
    ("script", "limits", "why"),
    [
        ("while :; do echo x; sleep 0.1; done", Limits(seconds=1), "time limit of 1 s"),
        ("sleep 61", Limits(seconds=60, idle_s=1), "1 s without output"),
        ("yes", Limits(seconds=60, output_bytes=100_000), "bytes of output"),
    ],
)
def test_a_child_past_its_bounds_is_killed(script: str, limits: Limits, why: str) -> None:
    ended, _ = run("sh", "-c", script, limits=limits)

    assert why in ended.why


def test_a_halt_kills_a_child_that_will_not_end_and_its_children() -> None:
    began = time.monotonic()

    ended, output = run("sh", "-c", "trap '' TERM; sleep 61 & echo $!; wait; sleep 62", halt_by=b"\n")

    assert ended.why == "enough"
    assert gone(int(output))
    assert time.monotonic() - began < 60, "its child would have ended by itself"


def test_a_program_that_is_not_there_is_an_error_of_ours() -> None:
    ended, output = run("no-such-program")

    assert ended.exit_code != 0
    assert b"no-such-program" in output


def test_no_launcher_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(ScannerFailed, match="could not be started"):
        run("sh", "-c", "true")


def test_a_child_dies_with_its_worker() -> None:
    code = (
        "import asyncio; from pathlib import Path; from scanner_image import child; from scanner_image.halt import Halt;"
        "asyncio.run(child.run(('sh', '-c', 'echo $$; sleep 63'), stdout=lambda data: print(data.decode(), flush=True),"
        " stderr=print, limits=child.Limits(60), halt=Halt(), directory=Path('/')))"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    pid = int(worker.stdout.readline())

    worker.kill()
    worker.communicate()

    assert gone(pid)


def test_the_environment_is_an_allow_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/hidden")
    monkeypatch.setenv("LD_PRELOAD", "")

    assert child.environment({"LD_LIBRARY_PATH": "/lib"}).keys() <= {"PATH", "LANG", "LD_LIBRARY_PATH"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its tools another user")
def test_root_hands_its_tools_another_user_and_raw_sockets_alone() -> None:
    _, output = run("sh", "-c", "id -u; grep ^Cap /proc/self/status")

    user, *capabilities = output.decode().split("\n")
    assert user == "65534"
    assert {line.split()[1] for line in capabilities if line} == {"0000000000002000"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_a_worker_of_the_same_user_cannot_be_read() -> None:
    """As in the image, where worker and tools share one user."""
    code = (
        "import subprocess, sys; from scanner_image.child import shut_memory; shut_memory();"
        "sys.exit(subprocess.run(['sh', '-c', 'cat /proc/$PPID/environ /proc/$PPID/mem']).returncode)"
    )
    argv = [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
    ]

    done = subprocess.run([*argv, sys.executable, "-c", code], capture_output=True, check=False, text=True)

    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("ermission denied") >= 2


def gone(pid: int) -> bool:
    """The kernel ends a killed process in its own time."""
    ends = time.monotonic() + 30
    while running(pid) and time.monotonic() < ends:
        time.sleep(0.02)
    return not running(pid)


def running(pid: int) -> bool:
    try:
        status = (Path("/proc") / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
