"""ULIDs: new ones from time and randomness, derived ones from a cause, so that a repeat of the cause gives the same id."""

import hashlib
import re
import secrets
from datetime import UTC, datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PATTERN = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
_RANDOM_BITS = 80


def new_id(at: datetime) -> str:
    """A fresh ULID: 48 bits of `at` in milliseconds, 80 random bits."""
    return _encode(_milliseconds(at) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))


def derived_id(at: datetime, *cause: str) -> str:
    """The ULID of a cause: its time and 80 bits of a hash of its parts (joined unambiguously)."""
    digest = hashlib.sha256("".join(f"{len(part)}:{part}" for part in cause).encode()).digest()
    return _encode(_milliseconds(at) << _RANDOM_BITS | int.from_bytes(digest[:10]))


def time_of(identifier: str) -> datetime:
    """The instant that a ULID carries, UTC, exact to the millisecond."""
    number = 0
    for character in identifier[:10]:
        number = number << 5 | ALPHABET.index(character)
    return datetime.fromtimestamp(number / 1000, UTC)


def is_id(text: str) -> bool:
    return re.fullmatch(PATTERN, text) is not None


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _encode(number: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
