"""Hostnames as assets: RFC 1123 names, in A-label form, that nothing can read as an address or an option."""

import re

from functions.core.errors import InvalidInput
from functions.core.quoting import quoted

MAX_NAME = 253
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_DISPUTED = frozenset("\u00df\u03c2\u200c\u200d")
"""Sharp s, final sigma and the joiners: IDNA 2003 and 2008 read them as different names."""


def parse_hostname(text: str, field: str) -> str:
    """`text` in lower case, international labels in A-label form (`xn--...`). Raises InvalidInput."""
    name = (text if text.isascii() else _to_ascii(text, field)).lower()
    if len(name) > MAX_NAME:
        raise InvalidInput(field, f"{quoted(text)} is too long for a hostname: {MAX_NAME} characters at most")
    if name.endswith("."):
        raise InvalidInput(field, f"{quoted(text)} ends with a dot: leave it out")
    labels = name.split(".")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise InvalidInput(
                field,
                f"{quoted(text)} is not a hostname, an address, a range or a network: "
                "a hostname is made of labels of letters, digits and inner hyphens, as in www.example.com",
            )
    if _NUMBER.fullmatch(labels[-1]):
        raise InvalidInput(field, f"{quoted(text)} looks like a number: write an address as in 192.0.2.10")
    return name


def _to_ascii(text: str, field: str) -> str:
    if not _DISPUTED.isdisjoint(text):
        raise InvalidInput(field, f"{quoted(text)} has more than one international form: write it as xn--...")
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidInput(field, f"{quoted(text)} has no international form: write it as xn--...") from None
