"""Where an attempt's time goes, phase by phase."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from functions.core.effort import Phase, PhaseTime


@dataclass
class _Span:
    first: float
    last: float
    busy: float = 0.0


class Times:
    """Phases overlap, and so may the runs of one."""

    def __init__(self) -> None:
        self._spans: dict[Phase, _Span] = {}

    @contextmanager
    def spent(self, phase: Phase) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            ended = time.monotonic()
            span = self._spans.setdefault(phase, _Span(started, ended))
            span.first, span.last = min(span.first, started), max(span.last, ended)
            span.busy += ended - started

    def told(self) -> tuple[PhaseTime, ...]:
        return tuple(
            PhaseTime(phase=phase, wall_s=round(span.last - span.first, 2), busy_s=round(span.busy, 2))
            for phase, span in self._spans.items()
        )
