"""What this machine's network interfaces have sent, by the kernel's own counters."""

from collections.abc import Callable
from pathlib import Path

_COUNTERS = Path("/proc/self/net/dev")
_LOOPBACK = "lo"
_BYTES, _PACKETS = 8, 9
"""Of what is sent, after eight numbers of what is received."""
_FRAME_BYTES = 14
"""Of Ethernet, before IP's header: they end at the next router, and nobody charges for them."""


class Traffic:
    """From when it is made; on every interface but the loopback one. `apart`: bytes among them, so far, that are not for targets."""

    def __init__(self, apart: Callable[[], int], counters: Path = _COUNTERS) -> None:
        self._apart = apart
        self._counters = counters
        self._before, self._apart_before = _sent(counters), apart()
        self._told = None if self._before is None else 0

    @property
    def sent(self) -> int | None:
        """Bytes, from IP's header on: never less than before. None where the kernel did not tell at the beginning.

        An interface that has gone since takes what it counted with it.
        """
        now = _sent(self._counters)
        if self._before is not None and self._told is not None and now is not None:
            counted = sum(max(0, sent - self._before.get(name, 0)) for name, sent in now.items())
            self._told = max(self._told, counted - (self._apart() - self._apart_before))
        return self._told


def _sent(counters: Path) -> dict[str, int] | None:
    """By interface; None where that cannot be read, for which no scan is given up."""
    try:
        _, _, *lines = counters.read_text().splitlines()
        told = {name.strip(): numbers.split() for name, _, numbers in (line.partition(":") for line in lines)}
        return {
            name: int(numbers[_BYTES]) - _FRAME_BYTES * int(numbers[_PACKETS])
            for name, numbers in told.items()
            if name != _LOOPBACK
        }
    except (OSError, ValueError, IndexError):
        return None
