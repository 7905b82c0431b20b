"""To whom a frame goes: what of its headers tells whether it may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from tests.wire.pcap import Frame

Address = IPv4Address | IPv6Address

TCP, UDP, ICMPV6 = 6, 17, 58
DNS = 53
UNREADABLE_QUESTION = "?"
_EXTENSIONS = frozenset({0, 43, 44, 60})
_FRAGMENT = 44
_SOLICITATION = 135


@dataclass(frozen=True)
class Packet:
    at: float
    source: Address | None
    destination: Address | None
    """None: it cannot be told, so nobody can say that it may go there."""
    proto: int = 0
    port: int | None = None
    """The destination's."""
    who_has: bool = False
    """By ARP or its like of IPv6: `destination` is the address that is asked for."""
    questions: tuple[str, ...] = ()
    """The names that a DNS query over UDP asks for."""

    def __str__(self) -> str:
        what = "who-has" if self.who_has else f"protocol {self.proto}, port {self.port}"
        asked = f", asks for {', '.join(self.questions)}" if self.questions else ""
        return f"{self.source} -> {self.destination}: {what}{asked}"


def read(frame: Frame) -> Packet:
    try:
        return _READERS[frame.kind](frame)
    except (KeyError, IndexError, ValueError):
        return Packet(frame.at, None, None)


def _arp(frame: Frame) -> Packet:
    source, target = IPv4Address(frame.body[14:18]), IPv4Address(frame.body[24:28])
    return Packet(frame.at, source, target, who_has=True)


def _ipv4(frame: Frame) -> Packet:
    body = frame.body
    ends = IPv4Address(body[12:16]), IPv4Address(body[16:20])
    first_fragment = int.from_bytes(body[6:8], "big") & 0x1FFF == 0
    return _above(frame.at, ends, body[9], body[(body[0] & 15) * 4 :] if first_fragment else b"")


def _ipv6(frame: Frame) -> Packet:
    body = frame.body
    ends = IPv6Address(body[8:24]), IPv6Address(body[24:40])
    proto, offset = body[6], 40
    while proto in _EXTENSIONS:
        length = 8 if proto == _FRAGMENT else (body[offset + 1] + 1) * 8
        proto, offset = body[offset], offset + length
    rest = body[offset:]
    if proto == ICMPV6 and rest[:1] == bytes([_SOLICITATION]):
        return Packet(frame.at, ends[0], IPv6Address(rest[8:24]), proto, who_has=True)
    return _above(frame.at, ends, proto, rest)


def _above(at: float, ends: tuple[Address, Address], proto: int, rest: bytes) -> Packet:
    port = int.from_bytes(rest[2:4], "big") if proto in {TCP, UDP} and len(rest) >= 4 else None
    questions = _questions(rest[8:]) if proto == UDP and port == DNS else ()
    return Packet(at, *ends, proto, port, questions=questions)


_READERS: Mapping[int, Callable[[Frame], Packet]] = {0x0806: _arp, 0x0800: _ipv4, 0x86DD: _ipv6}


def _questions(query: bytes) -> tuple[str, ...]:
    """What cannot be read counts as a question that nobody may ask."""
    try:
        offset, names = 12, []
        for _ in range(int.from_bytes(query[4:6], "big")):
            name, offset = _name(query, offset)
            names.append(name)
            offset += 4
        return tuple(names) or (UNREADABLE_QUESTION,)
    except (IndexError, UnicodeDecodeError):
        return (UNREADABLE_QUESTION,)


def _name(query: bytes, offset: int) -> tuple[str, int]:
    labels = []
    while length := query[offset]:
        if length > 63:
            raise IndexError("no question of a query is compressed")
        labels.append(query[offset + 1 : offset + 1 + length].decode("ascii"))
        offset += 1 + length
    return ".".join(labels), offset + 1


def reverse_name(address: Address) -> str:
    """The name under which the names of an address are asked for."""
    return address.reverse_pointer
