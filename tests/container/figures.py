"""What a run of the container tests measured, shown at its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

FIGURES: dict[str, str] = {}


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    FIGURES[what] = f"{time.monotonic() - started:.1f} s"
