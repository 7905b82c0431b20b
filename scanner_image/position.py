"""Up to where a run of masscan may be taken as done while it goes on: all sent, waited for, and every answer read."""

import time
from collections import deque
from collections.abc import Callable

_ROUNDING = 0.0001
"""masscan tells its progress in hundredths of a percent, rounded."""


class Position:
    """`sent` and `heard` are masscan's own words and its capture library's; `heard_to` is told of each step forward.

    `ends`: the index that is a hundred percent.
    """

    def __init__(
        self,
        *,
        ends: int,
        wait_s: float,
        heard_to: Callable[[int], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ends = ends
        self._wait_s = wait_s
        self._heard_to = heard_to
        self._now = now
        self._sent: deque[tuple[float, int]] = deque()
        self._lost = False

    def sent(self, share: float) -> None:
        """By now all was sent up to `share`; it may have been a while ago, which errs on the safe side."""
        index = int(max(0.0, min(share, 1.0) - _ROUNDING) * self._ends)
        if not self._sent or index > self._sent[-1][1]:
            self._sent.append((self._now(), index))

    def heard(self, until: float, *, lost: int) -> None:
        """All that arrived `until` then, on the monotonic clock, has been read; answers and questions that were lost are never made good."""
        self._lost = self._lost or lost > 0
        reached = -1
        while self._sent and self._sent[0][0] + self._wait_s <= until:
            _, reached = self._sent.popleft()
        if reached >= 0 and not self._lost:
            self._heard_to(reached)
