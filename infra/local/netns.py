"""Doors into a network namespace that has no route to this machine: relays that listen inside and connect outside."""

import ctypes
import os
import select
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.commands import program, run

_CLONE_NEWNET = 0x40000000
_NAMED = Path("/run/netns")


@dataclass(frozen=True)
class Relay:
    """A listening socket inside a namespace whose connections end at the same address outside of it."""

    listener: socket.socket
    address: tuple[str, int]

    def serve(self) -> None:
        threading.Thread(target=self._accept, name=f"relay-{self.address[1]}", daemon=True).start()

    def close(self) -> None:
        # shutdown, because close alone leaves a thread that waits in accept.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return  # closed: the namespace is given up
            threading.Thread(target=self._carry, args=(inner,), daemon=True).start()

    def _carry(self, inner: socket.socket) -> None:
        with inner:
            try:
                outer = socket.create_connection(self.address, timeout=5)
            except OSError:
                return  # nobody answers outside; the caller inside sees its connection closed
            with outer:
                outer.settimeout(None)
                _copy_both_ways(inner, outer)


def open_door(namespace: str, addresses: Sequence[tuple[str, int]]) -> list[Relay]:
    """Relays inside `namespace` for each address, with its loopback brought up first."""
    run([program("ip", remedy="Install iproute2."), "-n", namespace, "link", "set", "lo", "up"], seconds=10)
    listeners = _listeners(namespace, addresses)
    relays = [Relay(listener, address) for address, listener in zip(addresses, listeners, strict=True)]
    for relay in relays:
        relay.serve()
    return relays


def command_inside(namespace: str, argv: Sequence[str]) -> list[str]:
    return [program("ip", remedy="Install iproute2."), "netns", "exec", namespace, *argv]


def _listeners(namespace: str, addresses: Sequence[tuple[str, int]]) -> list[socket.socket]:
    """Sockets keep the namespace they were made in, so a thread that enters it, makes them and ends is enough."""
    made: list[socket.socket] = []
    failures: list[OSError] = []

    def enter_and_listen() -> None:
        try:
            _set_namespace(namespace)
            made.extend(socket.create_server(address) for address in addresses)
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=enter_and_listen)
    thread.start()
    thread.join()
    if failures:
        for listener in made:
            listener.close()
        raise failures[0]
    return made


def _set_namespace(namespace: str) -> None:
    """setns(2) for the calling thread alone; os.setns came only with Python 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(_NAMED / namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), namespace)
    finally:
        os.close(descriptor)


def _copy_both_ways(left: socket.socket, right: socket.socket) -> None:
    other = {left: right, right: left}
    open_ends = {left, right}
    while open_ends:
        readable, _, _ = select.select(list(open_ends), [], [])
        for end in readable:
            try:
                data = end.recv(65536)
                if data:
                    other[end].sendall(data)
                    continue
                other[end].shutdown(socket.SHUT_WR)
            except OSError:
                return  # one side is gone; leaving closes the other
            open_ends.discard(end)
