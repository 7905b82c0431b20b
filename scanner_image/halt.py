"""The one signal that ends an attempt early, whoever gives it first."""

import asyncio
from typing import Literal

from functions.core.stop import Stop

Outcome = Literal["partial", "stopped", "superseded"]


class Halt:
    """First come, first kept: the outcome and reason of the first call stand."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.outcome: Outcome = "partial"
        self.reason = ""
        self.stop: Stop | Literal[""] = ""
        """What was asked of the scan, where that is what ended the attempt."""

    def __call__(self, outcome: Outcome, reason: str, stop: Stop | Literal[""] = "") -> None:
        if not self._event.is_set():
            self.outcome, self.reason, self.stop = outcome, reason, stop
            self._event.set()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        await self._event.wait()
