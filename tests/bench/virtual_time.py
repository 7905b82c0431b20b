"""Time that passes only where somebody waits: threads of which one runs at a time, in the order of a virtual clock."""

import heapq
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_STACK_BYTES = 512 * 1024


@dataclass(order=True)
class _Waiter:
    at: float
    order: int
    go: threading.Semaphore = field(compare=False)


class VirtualTime:
    """`now`: seconds since the beginning."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[_Waiter] = []
        self._order = 0
        self._ended = threading.Semaphore(0)
        self._errors: list[BaseException] = []

    def run(self, plays: Sequence[Callable[[], None]]) -> None:
        """All side by side, to the end of the last. Raises what one of them raised."""
        threading.stack_size(_STACK_BYTES)
        for play in plays:
            waiter = self._enter(0.0)
            threading.Thread(target=self._play, args=(play, waiter), daemon=True).start()
        self._next()
        self._ended.acquire()
        if self._errors:
            raise self._errors[0]

    def sleep(self, seconds: float) -> None:
        if self._waiting and self._waiting[0].at <= self.now + seconds:
            waiter = self._enter(seconds)
            self._next()
            waiter.go.acquire()
        else:
            self.now += seconds

    def _enter(self, seconds: float) -> _Waiter:
        self._order += 1
        waiter = _Waiter(self.now + seconds, self._order, threading.Semaphore(0))
        heapq.heappush(self._waiting, waiter)
        return waiter

    def _next(self) -> None:
        if self._waiting and not self._errors:
            waiter = heapq.heappop(self._waiting)
            self.now = waiter.at
            waiter.go.release()
        else:
            self._ended.release()

    def _play(self, play: Callable[[], None], waiter: _Waiter) -> None:
        waiter.go.acquire()
        try:
            play()
        except BaseException as error:  # handed on to who runs them all
            self._errors.append(error)
        self._next()
