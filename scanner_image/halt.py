"""The one signal that ends an attempt early, whoever gives it first."""

import asyncio
from typing import Literal

Outcome = Literal["partial", "stopped", "superseded"]


class Halt:
    """First come, first kept: the outcome and reason of the first call stand."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.outcome: Outcome = "partial"
        self.reason = ""

    def __call__(self, outcome: Outcome, reason: str) -> None:
        if not self._event.is_set():
            self.outcome, self.reason = outcome, reason
            self._event.set()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        await self._event.wait()
