"""Names are resolved side by side, and nobody waits for a server that does not answer."""

import socket
import threading
import time
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait

import pytest

from functions.adapters import resolver as module
from functions.adapters.resolver import Resolver, look_up


def test_each_name_gets_its_addresses_and_an_unknown_one_none() -> None:
    known = {"a.example": ("192.0.2.1",)}
    resolver = Resolver(lambda name: known.get(name, ()))
    assert resolver.resolve(["a.example", "b.example"]) == {"a.example": ("192.0.2.1",), "b.example": ()}


def test_a_name_whose_server_hangs_has_no_address_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hanging(name: str) -> tuple[str, ...]:
        if name == "slow.example":
            release.wait(60)
        return ("192.0.2.1",)

    def once_one_answered(futures: Collection[Future[object]], timeout: float) -> object:
        """On a busy machine the thread of the one that answers may begin when the time is over already."""
        wait(futures, return_when=FIRST_COMPLETED)
        return wait(futures, timeout=timeout)

    monkeypatch.setattr(module, "wait", once_one_answered)
    started = time.monotonic()
    found = Resolver(hanging, timeout_s=0.2).resolve(["slow.example", "fast.example"])
    release.set()
    assert found == {"slow.example": (), "fast.example": ("192.0.2.1",)}
    assert time.monotonic() - started < 50


def test_every_address_of_a_name_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: answers)
    assert look_up("both.example") == ("192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_a_name_that_does_not_resolve_has_no_address(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_args: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert look_up("gone.example") == ()
