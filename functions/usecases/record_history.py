"""What the stream's consumer does with every change of an exposure or a host: one entry of the timeline."""

from dataclasses import dataclass

from functions.core.exposure import Exposure
from functions.core.history import HistoryEntry, of_exposure, of_host
from functions.core.host import Host
from functions.store.history import History
from functions.store.stream import StreamRecord


@dataclass(frozen=True, kw_only=True)
class RecordHistory:
    history: History

    def __call__(self, record: StreamRecord) -> None:
        """Nothing for other families and for what was removed. Raises Corrupt, Unavailable."""
        entry = _entry(record)
        if entry is not None:
            self.history.record(entry)


def _entry(record: StreamRecord) -> HistoryEntry | None:
    if record.is_removal:
        return None
    match record.family:
        case "EXP":
            exposure = None if record.is_insert else record.before(Exposure)
            return of_exposure(exposure, record.after(Exposure), written=record.at)
        case "HST":
            host = None if record.is_insert else record.before(Host)
            return of_host(host, record.after(Host), written=record.at)
        case _:
            return None
