"""One question to one port, by an ordinary connection: open, refused, no answer, or nobody there."""

import asyncio
import errno
import socket
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import NamedTuple

from functions.core.addresses import Address
from functions.core.coverage import Answer

_AT_ONCE = 64
_PATIENCE_S = (1.5, 4.0)
"""How long each try waits; what did not answer is asked once more, with more patience."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_FAILURES = {
    errno.EHOSTUNREACH: Answer.HOST_DOWN,
    errno.EHOSTDOWN: Answer.HOST_DOWN,
    errno.ETIMEDOUT: Answer.NO_ANSWER,
    errno.ECONNRESET: Answer.NO_ANSWER,
}
"""Any other failure is this machine's own, as that of a network to which it has no route, and says nothing of the cell."""


class Asked(NamedTuple):
    address: Address
    port: int
    answer: Answer


async def ask(address: Address, port: int, *, patience_s: float) -> Answer:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        try:
            await asyncio.wait_for(
                asyncio.get_running_loop().sock_connect(probe, (str(address), port)), timeout=patience_s
            )
        except TimeoutError:
            return Answer.NO_ANSWER
        except ConnectionRefusedError:
            return Answer.REFUSED
        except OSError as error:
            return _FAILURES.get(error.errno or 0, Answer.NOT_COVERED)
    return Answer.OPEN


async def ask_all(cells: Iterable[tuple[Address, int]], *, rate: int) -> AsyncIterator[Asked]:
    """Every cell's answer, as they come; at most `rate` new connections a second."""
    waiting: set[asyncio.Task[Asked]] = set()
    try:
        for address, port in cells:
            await asyncio.sleep(1 / rate)
            waiting.add(asyncio.create_task(_ask_patiently(address, port)))
            if len(waiting) >= _AT_ONCE:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        for finished in asyncio.as_completed(waiting):
            yield await finished
    finally:
        for task in waiting:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*waiting, return_exceptions=True)


async def _ask_patiently(address: Address, port: int) -> Asked:
    answer = Answer.NO_ANSWER
    for patience_s in _PATIENCE_S:
        answer = await ask(address, port, patience_s=patience_s)
        if answer != Answer.NO_ANSWER:
            break
    return Asked(address, port, answer)
