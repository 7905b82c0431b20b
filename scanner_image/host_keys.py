"""The keys of an SSH server, out of what nmap's ssh-hostkey hands on of them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from functions.core.facts import HostKey

SCRIPT = "ssh-hostkey"
_MOST_KEYS = 8
_KEY = re.compile(r"AAAA[A-Za-z0-9+/]{16,16384}={0,2}")
_TYPE = re.compile(rb"[a-z0-9@.-]{1,64}")
_CURVE = re.compile(r"nistp([0-9]{3})")
_SIZED_BY = {"ssh-rsa": 2, "ssh-dss": 1}
"""Which of the numbers after the type is as long as the key is called."""


def keys_of(text: str) -> tuple[HostKey, ...]:
    """One of each type, by type. `text`: all that stands below the script; what is no key is left out."""
    keys = {key.type: key for blob in _KEY.findall(text)[:_MOST_KEYS] for key in _key(blob)}
    return tuple(keys[each] for each in sorted(keys))


def _key(text: str) -> Iterator[HostKey]:
    try:
        blob = base64.b64decode(text)
    except binascii.Error:
        return
    parts = list(_parts(blob))
    if parts and _TYPE.fullmatch(parts[0]):
        kind = parts[0].decode()
        fingerprint = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        yield HostKey(type=kind, bits=_bits(kind, parts), sha256=fingerprint)


def _parts(blob: bytes) -> Iterator[bytes]:
    """Strings with their lengths before them, as RFC 4253 writes them."""
    at = 0
    while at + 4 <= len(blob):
        length = int.from_bytes(blob[at : at + 4])
        yield blob[at + 4 : at + 4 + length]
        at += 4 + length


def _bits(kind: str, parts: list[bytes]) -> int:
    if (place := _SIZED_BY.get(kind)) is not None:
        return int.from_bytes(parts[place]).bit_length() if len(parts) > place else 0
    curve = _CURVE.search(kind)
    return int(curve[1]) if curve else 256 if "ed25519" in kind else 0
