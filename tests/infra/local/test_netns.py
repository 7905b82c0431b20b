import contextlib
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.netns import Relay, command_inside, open_door

pytestmark = pytest.mark.lab

ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) as door:
    door.sendall(b"x" * 300_000)
    door.shutdown(socket.SHUT_WR)
    got = b""
    while data := door.recv(65536):
        got += data
print(len(got))
"""


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"vdoor-{secrets.token_hex(3)}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server of the root namespace that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                got = b""
                while data := client.recv(65536):
                    got += data
                client.sendall(got)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.fixture
def door(namespace: str, echo: tuple[str, int]) -> Iterator[list[Relay]]:
    relays = open_door(namespace, [echo])
    yield relays
    for relay in relays:
        relay.close()


def ask_inside(namespace: str, port: int) -> subprocess.CompletedProcess[str]:
    argv = command_inside(namespace, [sys.executable, "-c", ASK, str(port)])
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.usefixtures("door")
def test_the_endpoint_is_reached_from_a_namespace_without_any_route(namespace: str, echo: tuple[str, int]) -> None:
    routes = subprocess.run(["ip", "-n", namespace, "route"], capture_output=True, text=True, check=True).stdout
    assert routes == ""
    assert ask_inside(namespace, echo[1]).stdout == "300000\n"


def test_without_a_door_nothing_of_the_root_namespace_is_reached(namespace: str, echo: tuple[str, int]) -> None:
    assert ask_inside(namespace, echo[1]).returncode != 0


def test_a_closed_door_leaves_nothing_in_the_namespace(namespace: str, echo: tuple[str, int]) -> None:
    for relay in open_door(namespace, [echo]):
        relay.close()
    listening = command_inside(namespace, ["ss", "-Htln"])
    assert subprocess.run(listening, capture_output=True, text=True, check=True).stdout == ""


def test_a_door_into_a_namespace_that_is_not_there_says_so(echo: tuple[str, int]) -> None:
    with pytest.raises(Exception, match="no-such-namespace"):
        open_door("no-such-namespace", [echo])


def test_opening_a_door_moves_no_thread_of_this_process(namespace: str, echo: tuple[str, int]) -> None:
    before = Path("/proc/self/ns/net").readlink()
    relays = open_door(namespace, [echo])
    try:
        until = time.monotonic() + 60
        while (entered := _namespaces_of_threads()) != {before} and time.monotonic() < until:
            time.sleep(0.05)  # a thread that has been joined stays with the kernel for a moment
        assert entered == {before}
    finally:
        for relay in relays:
            relay.close()


def _namespaces_of_threads() -> set[Path]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.add((task / "ns" / "net").readlink())
    return found
