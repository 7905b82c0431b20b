"""Connections that end as a test says."""

from collections.abc import Mapping

import pytest

from functions.core.addresses import Address
from functions.core.coverage import Answer
from scanner_image import connect


def answering(monkeypatch: pytest.MonkeyPatch, answer: Answer | Mapping[int, Answer]) -> list[tuple[str, int]]:
    """Let every connection end so, or so by its port; gives the cells that are asked."""
    asked: list[tuple[str, int]] = []

    async def ask(address: Address, port: int, *, patience_s: float) -> Answer:
        asked.append((str(address), port))
        return answer if isinstance(answer, Answer) else answer[port]

    monkeypatch.setattr(connect, "ask", ask)
    return asked
