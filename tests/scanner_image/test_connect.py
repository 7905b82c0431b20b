"""One connection tells open from refused from silent."""

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from functions.core.addresses import Address
from functions.core.coverage import Answer
from scanner_image import connect

LOOPBACK = ip_address("127.0.0.1")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.lab
def test_a_listening_port_is_open_and_a_closed_one_refuses(listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    assert asyncio.run(connect.ask(LOOPBACK, port, patience_s=30)) == Answer.OPEN
    listener.close()
    assert asyncio.run(connect.ask(LOOPBACK, port, patience_s=30)) == Answer.REFUSED


@pytest.mark.lab
@pytest.mark.parametrize("family", ["127.0.0.1", "::1"])
def test_both_ip_versions_are_asked(family: str) -> None:
    assert asyncio.run(connect.ask(ip_address(family), 1, patience_s=30)) == Answer.REFUSED


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (TimeoutError(), Answer.NO_ANSWER),
        (ConnectionRefusedError(), Answer.REFUSED),
        (OSError(113, "No route to host"), Answer.HOST_DOWN),
        (OSError(101, "Network is unreachable"), Answer.NOT_COVERED),
        (OSError(24, "Too many open files"), Answer.NOT_COVERED),
    ],
)
@pytest.mark.lab
def test_every_ending_has_its_answer(monkeypatch: pytest.MonkeyPatch, error: OSError, answer: Answer) -> None:
    async def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", fails)

    assert asyncio.run(connect.ask(LOOPBACK, 1, patience_s=1)) == answer


def test_silence_is_asked_twice_and_refusal_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, float]] = []

    async def ask(_address: Address, port: int, *, patience_s: float) -> Answer:
        asked.append((port, patience_s))
        return Answer.REFUSED if port == 1 else Answer.NO_ANSWER

    async def everything() -> dict[int, Answer]:
        return {asked.port: asked.answer async for asked in connect.ask_all([(LOOPBACK, 1), (LOOPBACK, 2)], rate=1000)}

    monkeypatch.setattr(connect, "ask", ask)

    assert asyncio.run(everything()) == {1: Answer.REFUSED, 2: Answer.NO_ANSWER}
    assert [port for port, _ in asked].count(1) == 1
    assert [patience for port, patience in asked if port == 2] == [1.5, 4.0]


def test_connections_keep_to_their_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(*_: object, **__: object) -> Answer:
        return Answer.REFUSED

    async def seconds() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async for _ in connect.ask_all([(LOOPBACK, port) for port in range(20)], rate=20):
            pass
        return loop.time() - began

    monkeypatch.setattr(connect, "ask", ask)

    assert asyncio.run(seconds()) >= 0.95
