"""TXT records of a name, asked of one resolver by the wire format itself; the standard library knows addresses alone."""

import re
import secrets
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from functions.core.errors import Unavailable

_CONFIGURATION = Path("/etc/resolv.conf")
_TXT, _IN = 16, 1
_TRUNCATED, _RECURSE = 0x0200, 0x0100
_NO_SUCH_NAME = 3
_HEADER = struct.Struct("!6H")
_POINTER = 0xC0
_TRIES = 2
_MOST = 65_535


class TxtRecords:
    """`server`: `address` or `address:port`, the system's own where empty. `timeout_s` bounds each try."""

    def __init__(self, server: str = "", *, timeout_s: float = 3) -> None:
        self._server = server
        self._timeout_s = timeout_s

    def of(self, name: str) -> frozenset[str]:
        """The texts at `name`, unchecked; none where there is no such name. Raises Unavailable without an answer."""
        query = _query(name)
        for _ in range(_TRIES):
            try:
                answer = self._ask(query)
                return frozenset(_texts(answer, query))
            except (OSError, ValueError, IndexError, struct.error):
                continue
        raise Unavailable(f"the resolver gave no answer about the TXT records of {name}; try again")

    def _ask(self, query: bytes) -> bytes:
        address, port = _endpoint(self._server or _system_server())
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.settimeout(self._timeout_s)
            sock.connect((address, port))
            sock.send(query)
            answer = sock.recv(_MOST)
        if not _HEADER.unpack_from(answer)[1] & _TRUNCATED:
            return answer
        with socket.create_connection((address, port), timeout=self._timeout_s) as stream:
            stream.sendall(struct.pack("!H", len(query)) + query)
            return _read(stream, struct.unpack("!H", _read(stream, 2))[0])


def _system_server() -> str:
    found = re.search(r"^nameserver\s+(\S+)", _CONFIGURATION.read_text(), re.MULTILINE)
    if found is None:
        raise Unavailable("this machine names no resolver")
    return found[1]


def _endpoint(server: str) -> tuple[str, int]:
    if server.count(":") == 1:
        address, _, port = server.partition(":")
        return address, int(port)
    return server, 53


def _query(name: str) -> bytes:
    """`name` in A-label form. The number is what an answer from elsewhere would have to guess."""
    labels = b"".join(struct.pack("B", len(label)) + label.encode("ascii") for label in name.split("."))
    header = _HEADER.pack(secrets.randbits(16), _RECURSE, 1, 0, 0, 0)
    return header + labels + b"\0" + struct.pack("!2H", _TXT, _IN)


def _texts(answer: bytes, query: bytes) -> Iterator[str]:
    """Raises ValueError, IndexError or struct.error for what is no answer to `query`."""
    number, flags, questions, records, _, _ = _HEADER.unpack_from(answer)
    question = query[_HEADER.size :]
    asked = answer[_HEADER.size : _HEADER.size + len(question)]
    if (number, questions) != (_HEADER.unpack_from(query)[0], 1) or asked.lower() != question.lower():
        raise ValueError("the answer to another question")
    code = flags & 0x000F
    if code not in (0, _NO_SUCH_NAME):
        raise ValueError(f"the resolver failed: {code}")
    place = _HEADER.size + len(question)
    for _ in range(records):
        place = _after_name(answer, place)
        kind, _, _, length = struct.unpack_from("!2HIH", answer, place)
        place += 10
        if kind == _TXT:
            yield _joined(answer[place : place + length])
        place += length


def _after_name(answer: bytes, place: int) -> int:
    while answer[place]:
        if answer[place] & _POINTER:
            return place + 2
        place += 1 + answer[place]
    return place + 1


def _joined(data: bytes) -> str:
    """A text longer than 255 bytes comes in pieces."""
    pieces, place = b"", 0
    while place < len(data):
        pieces += data[place + 1 : place + 1 + data[place]]
        place += 1 + data[place]
    return pieces.decode("utf-8", errors="replace")


def _read(stream: socket.socket, count: int) -> bytes:
    read = b""
    while len(read) < count:
        piece = stream.recv(count - len(read))
        if not piece:
            raise ValueError("an answer that was cut off")
        read += piece
    return read
