"""The frames of a capture of all interfaces of a namespace, in libpcap's cooked form."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = 0xA1B2C3D4
_LINUX_SLL2 = 276
_GLOBAL_HEADER = 24
_RECORD_HEADER = 16
_LINK_HEADER = 20
_OUTGOING = 4


class NotACapture(Exception):
    """The file is not what tcpdump was told to write."""


@dataclass(frozen=True)
class Frame:
    at: float
    """In seconds since the epoch."""
    interface: int
    outgoing: bool
    kind: int
    """The EtherType."""
    body: bytes


def frames(data: bytes) -> Iterator[Frame]:
    """Each frame; one that was cut off at the end of the file is left out. Raises NotACapture."""
    if len(data) < _GLOBAL_HEADER:
        raise NotACapture("there is no header")
    (magic,), (link,) = struct.unpack_from("<I", data), struct.unpack_from("<I", data, _GLOBAL_HEADER - 4)
    if (magic, link) != (_MAGIC, _LINUX_SLL2):
        raise NotACapture(f"magic {magic:#x}, link type {link}")
    offset = _GLOBAL_HEADER
    while offset + _RECORD_HEADER <= len(data):
        seconds, micros, length = struct.unpack_from("<III", data, offset)
        offset += _RECORD_HEADER
        if offset + length > len(data):
            return
        kind, interface, way = struct.unpack_from(">H2xI2xB", data, offset)
        body = data[offset + _LINK_HEADER : offset + length]
        yield Frame(seconds + micros / 1e6, interface, way == _OUTGOING, kind, body)
        offset += length
