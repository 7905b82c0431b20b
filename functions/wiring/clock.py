"""The one clock of the product; everything inward is handed a time."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]

INJECTED = "VEDETTE_CLOCK_FILE"
"""Names a file with the time to tell: a rehearsal of months sets it on the functions of its own embedded AWS. No stage sets it."""


def utc_now() -> datetime:
    told = os.environ.get(INJECTED)
    return datetime.fromisoformat(Path(told).read_text(encoding="ascii")) if told else datetime.now(UTC)
