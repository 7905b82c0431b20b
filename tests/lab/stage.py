"""The process that plays a lab's services: one for all hosts, told what to do by JSON lines on its standard input.

A socket belongs to the network namespace in which it was made, so one process can listen on every host. It ends, and
its daemons with it, when its standard input closes: whoever holds the other end may die in any way.
"""

import asyncio
import ctypes
import json
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab import daemons
from tests.lab.hosts import KINDS
from tests.lab.namespaces import NETNS, in_namespace, run
from tests.lab.services import handler

_CLONE_NEWNET = 0x40000000
_BACKLOG = 4096
_STOP_PATIENCE_S = 30.0
_libc = ctypes.CDLL(None, use_errno=True)


class Stage:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tls = _self_signed(directory)
        self._servers: dict[tuple[str, str], list[asyncio.Server]] = {}
        self._daemons: dict[tuple[str, str], asyncio.subprocess.Process] = {}

    async def obey(self, order: dict[str, Any]) -> None:
        await getattr(self, f"_{order.pop('do')}")(**order)

    async def close(self) -> None:
        for namespace, name in [*self._servers, *self._daemons]:
            await self._stop(namespace=namespace, name=name)

    async def _start(self, *, namespace: str, name: str, kind: str, port: int, version: str) -> None:
        if KINDS[kind].daemon:
            self._daemons[namespace, name] = await self._start_daemon(namespace, name, kind, port)
            return
        context = self._tls if KINDS[kind].service.tls else None
        self._servers[namespace, name] = [
            await asyncio.start_server(handler(kind, version), sock=sock, ssl=context, backlog=_BACKLOG)
            for sock in _listeners(namespace, port)
        ]

    async def _start_daemon(self, namespace: str, name: str, kind: str, port: int) -> asyncio.subprocess.Process:
        directory = self._directory / f"{namespace}-{name}"
        directory.mkdir(exist_ok=True)
        command = ["setpriv", "--pdeathsig", "KILL", *daemons.argv(kind, port=port, directory=directory)]
        with (directory / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *in_namespace(namespace, command), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def _stop(self, *, namespace: str, name: str) -> None:
        for server in self._servers.pop((namespace, name), []):
            server.close()
        if process := self._daemons.pop((namespace, name), None):
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), _STOP_PATIENCE_S)

    async def _greet(self, *, namespace: str, addresses: list[str]) -> None:
        """Send one datagram to each address, so that the router knows its neighbours before the first scan."""
        with _inside(namespace):
            for address in addresses:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                with socket.socket(family, socket.SOCK_DGRAM) as sock:
                    sock.sendto(b"", (address, 9))


def _listeners(namespace: str, port: int) -> list[socket.socket]:
    with _inside(namespace):
        return [
            socket.create_server(("0.0.0.0", port), family=socket.AF_INET, backlog=_BACKLOG),
            socket.create_server(("::", port), family=socket.AF_INET6, backlog=_BACKLOG),
        ]


@contextmanager
def _inside(namespace: str) -> Iterator[None]:
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        _enter(NETNS / namespace)
        yield
    finally:
        if _libc.setns(home, _CLONE_NEWNET) != 0:
            # Going on in a wrong network would serve the wrong truth.
            os._exit(70)
        os.close(home)


def _enter(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(descriptor)


def _self_signed(directory: Path) -> ssl.SSLContext:
    key, certificate = directory / "tls.key", directory / "tls.pem"
    run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "30", "-subj", "/CN=web.lab.test"),
            *("-addext", "subjectAltName=DNS:web.lab.test"),
        ]
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # As ordinary servers do; Python's own choice shares no cipher with the hello that nmap recognises TLS by.
    context.set_ciphers("DEFAULT")
    context.load_cert_chain(certificate, key)
    return context


async def main() -> None:
    stage = Stage(Path(sys.argv[1]))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        answer = {"error": ""}
        try:
            await stage.obey(json.loads(line))
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)
    await stage.close()


if __name__ == "__main__":
    asyncio.run(main())
