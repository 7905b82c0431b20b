"""nmap's standard error: how it began, and what this machine did not let nmap send."""

import re
from collections.abc import Callable

_MOST_KEPT = 200
_LONGEST = 1024
"""Bytes of a line's beginning that are looked at."""
_MOST_REASON = 100
_UNSENT = re.compile(
    rb"sendto in \w+: sendto\(.*\) => (.+)"
    rb"|WARNING: (?:\w+: )?eth_send of .+ packet returned .+ \(errno=\d+: (.+)\)"
    rb"|WARNING: \w+: eth_send of .+ packet returned .+ bytes"
    # A connection that failed for want of permission, memory, local addresses or buffers (the kernel's numbers).
    rb"|Strange read error from \S+ \((?:1|12|99|105) - '(.+)'\)"
)
"""nmap goes on after each of them, and hears silence where nothing was asked. It tells of ten at most, and not whether it made one good."""


class NmapErrors:
    """A reader to `feed`. `unsent` is told once, as soon as nmap says that it could not send, why."""

    def __init__(self, unsent: Callable[[str], None]) -> None:
        self._tell = unsent
        self._beginning = b""
        self._line = b""
        self.unsent = ""

    @property
    def beginning(self) -> str:
        return self._beginning.decode(errors="replace").strip()

    def feed(self, data: bytes) -> None:
        self._beginning += data[: _MOST_KEPT - len(self._beginning)]
        *lines, rest = (self._line + data).split(b"\n")
        for line in lines:
            self._read(line[:_LONGEST].strip())
        self._line = rest[:_LONGEST]

    def _read(self, line: bytes) -> None:
        if self.unsent or not (match := _UNSENT.fullmatch(line)):
            return
        reason = next((group for group in match.groups() if group), b"")
        self.unsent = f"could not send: {_plain(reason)}" if reason else "could not send"
        self._tell(self.unsent)


def _plain(reason: bytes) -> str:
    return re.sub(rb"[^ -~]+", b" ", reason).decode()[:_MOST_REASON].strip()
