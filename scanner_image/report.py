"""What the attempt tells the world while it runs: live events and its progress, throttled at the source."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from functions.core.addresses import Address
from functions.core.chunk import Chunk
from functions.core.errors import VedetteError
from functions.core.ids import new_id
from functions.core.messages import ChunkSpec, Event, EventType, Progress
from scanner_image.traffic import Traffic

Phase = Literal["discovery", "services", "recheck", "saving"]
Level = Literal["info", "warning", "error"]
_LOGGER = logging.getLogger("scanner")
_PROGRESS_EVERY = timedelta(seconds=1)
_MOST_PORT_EVENTS = 500
_MOST_WAITING = 500
_SPAN: dict[Phase, tuple[float, float]] = {
    "discovery": (0.0, 0.5),
    "recheck": (0.5, 0.55),
    "services": (0.55, 0.98),
    "saving": (0.98, 1.0),
}
"""Where each phase lies in the whole chunk's fraction."""


class Publishes(Protocol):
    def publish(self, event: Event) -> None: ...


class Report:
    """Events are queued and sent one after the other by `send`; when live writes lag, progress is dropped, never the scan delayed.

    `traffic`: None where others send by this machine's interfaces too.
    """

    def __init__(
        self,
        spec: ChunkSpec,
        attempt: Chunk,
        *,
        live: Publishes,
        clock: Callable[[], datetime],
        traffic: Traffic | None,
    ) -> None:
        self.spec = spec
        self.attempt = attempt
        self.progress = Progress(phase="discovery", fraction=0, open_ports=0)
        self._live = live
        self._clock = clock
        self._traffic = traffic
        self._told: Progress | None = None
        self._told_at = clock() - _PROGRESS_EVERY
        self._ports = 0
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    def started(self) -> None:
        self._put("chunk.started", {"attempt": self.attempt.attempt, "summary": self.attempt.summary})

    def done(self, outcome: str) -> None:
        self._put(
            "chunk.done",
            {"attempt": self.attempt.attempt, "outcome": outcome, "open_ports": self.progress.open_ports},
        )

    def log(self, level: Level, text: str) -> None:
        _LOGGER.log(getattr(logging, level.upper()), "%s", text)
        self._put("log", {"attempt": self.attempt.attempt, "level": level, "text": text[:2000]})

    def port_found(self, asset: str, address: Address, port: int) -> None:
        self._ports += 1
        self.progress = self.progress.model_copy(update={"open_ports": self._ports})
        if self._ports < _MOST_PORT_EVENTS:
            protocol = self.spec.protocol.value
            self._put("port.found", {"asset": asset, "address": str(address), "protocol": protocol, "port": port})
        elif self._ports == _MOST_PORT_EVENTS:
            self.log("warning", f"more than {_MOST_PORT_EVENTS} open ports: from here on they are counted, not told")

    def sent(self, packets: int) -> None:
        """More that the attempt sent to look for ports."""
        self.progress = self.progress.model_copy(update={"probes": self.progress.probes + packets})

    def moved(self, phase: Phase, fraction: float) -> None:
        """`fraction` 0..1 of the phase."""
        low, high = _SPAN[phase]
        self.progress = Progress(
            phase=phase,
            fraction=max(self.progress.fraction, low + (high - low) * min(max(fraction, 0.0), 1.0)),
            open_ports=self.progress.open_ports,
            probes=self.progress.probes,
        )
        now = self._clock()
        if (
            self.progress != self._told
            and now - self._told_at >= _PROGRESS_EVERY
            and self._queue.qsize() < _MOST_WAITING
        ):
            self._told, self._told_at = self.progress, now
            self._put("chunk.progress", self.so_far().model_dump(mode="json"))

    def so_far(self) -> Progress:
        """With what the attempt has sent by now, by its own interfaces."""
        return self.progress.model_copy(update={"bytes_sent": self._traffic.sent if self._traffic else None})

    async def send(self) -> None:
        """Publish until `close`; a live write that fails is logged and does not stop the scan."""
        while (event := await self._queue.get()) is not None:
            try:
                await asyncio.to_thread(self._live.publish, event)
            except VedetteError as error:
                _LOGGER.warning("live event %s was not written: %s", event.type, error.message)

    def close(self) -> None:
        self._queue.put_nowait(None)

    def _put(self, kind: EventType, data: dict[str, Any]) -> None:
        now = self._clock()
        self._queue.put_nowait(
            Event(
                id=new_id(now),
                project=self.spec.project,
                topic=f"scan:{self.spec.scan}",
                type=kind,
                time=now,
                data={"chunk": self.spec.chunk, **data},
            )
        )
