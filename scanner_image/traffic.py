"""What this machine's network interfaces have sent, by the kernel's own counters."""

from pathlib import Path

_COUNTERS = Path("/proc/self/net/dev")
_LOOPBACK = "lo"
_BYTES, _PACKETS = 8, 9
"""Of what is sent, after eight numbers of what is received."""
_FRAME_BYTES = 14
"""Of Ethernet, before IP's header: they end at the next router, and nobody charges for them."""


class Traffic:
    """From when it is made; on every interface but the loopback one."""

    def __init__(self, counters: Path = _COUNTERS) -> None:
        self._counters = counters
        self._before = _sent(counters)

    @property
    def sent(self) -> int:
        """Bytes, from IP's header on. An interface that has gone since takes what it counted with it."""
        return sum(max(0, sent - self._before.get(name, 0)) for name, sent in _sent(self._counters).items())


def _sent(counters: Path) -> dict[str, int]:
    """By interface."""
    _, _, *lines = counters.read_text().splitlines()
    told = {name.strip(): numbers.split() for name, _, numbers in (line.partition(":") for line in lines)}
    return {
        name: int(numbers[_BYTES]) - _FRAME_BYTES * int(numbers[_PACKETS])
        for name, numbers in told.items()
        if name != _LOOPBACK
    }
