"""Give a chunk up: its cells stay not covered, and those who watch are told."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.chunk import ChunkStatus
from functions.core.errors import IllegalTransition
from functions.core.ids import new_id
from functions.core.messages import Event
from functions.store.ledger import Ledger
from functions.store.live import Live

_MAX_REASON = 500


@dataclass(frozen=True, kw_only=True)
class RecordFailure:
    ledger: Ledger
    live: Live

    def __call__(self, *, project: str, scan: str, run: int, chunk: str, reason: str, now: datetime) -> None:
        """Once in effect: a chunk that ended otherwise in the meantime, or is a later run's, stays as it is. Raises NotFound."""
        found = self.ledger.get(project, scan, chunk)
        if run < found.run:
            return
        reason = (found.reason or reason)[:_MAX_REASON]
        if found.status is not ChunkStatus.FAILED:
            try:
                self.ledger.fail(found, reason=reason)
            except IllegalTransition:
                return
        self.live.publish(
            Event(
                id=new_id(now),
                project=project,
                topic=f"scan:{scan}",
                type="chunk.failed",
                time=now,
                data={"chunk": chunk, "reason": reason},
            )
        )
