"""A long run that is told to end leaves nothing behind: it unwinds, as where it fails."""

import signal
import sys


def unwind_when_told_to_end() -> None:
    """From the main thread, before anything is started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended early"))
