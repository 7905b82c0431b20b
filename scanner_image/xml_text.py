"""Bytes that a tool wrote as XML, whatever the scanned hosts put into them, as XML that a parser takes."""

import codecs
import re

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,10});")
_LONGEST_REFERENCE = 16

_PLAIN = bytes((*b"\t\n\r", *range(0x20, 0x80)))
_ALL_THE_SAME = r"x(?:[9aAdD]|[2-9a-fA-F][0-9a-fA-F])|9|1[03]|3[2-9]|[4-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]"
_DOUBTFUL = re.compile(rf"&#(?!(?:{_ALL_THE_SAME});)".encode())
"""A reference that is not plainly to a character below 256 that XML carries."""


class XmlText:
    """Takes pieces cut anywhere. Nearly all of what tools write needs no change, which is told at a glance."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = b""

    def take(self, data: bytes) -> bytes:
        """UTF-8 that holds no half reference; what is left of one comes with the next piece."""
        data = self._held + data
        cut = data.rfind(b"&", max(0, len(data) - _LONGEST_REFERENCE))
        whole = len(data) if cut < 0 or b";" in data[cut:] else cut
        data, self._held = data[:whole], data[whole:]
        if not self._decoder.getstate()[0] and _is_plain(data):
            return data
        return printable(self._decoder.decode(data)).encode()


def printable(text: str) -> str:
    r"""`text` with what XML cannot carry spelled as nmap's scripts spell it: `\x1b`."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", _REFERENCE.sub(_reference, text))


def _is_plain(data: bytes) -> bool:
    return not data.translate(None, _PLAIN) and _DOUBTFUL.search(data) is None


def _reference(match: re.Match[str]) -> str:
    digits = match[1]
    number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    allowed = (
        number in (9, 10, 13) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD or 0x10000 <= number <= 0x10FFFF
    )
    return match[0] if allowed else f"\\x{number:02x}"
