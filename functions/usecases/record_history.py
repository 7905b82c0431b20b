"""What the stream's consumer does with the changes of exposures and hosts first: one entry of the timeline for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.core.errors import Corrupt
from functions.core.exposure import Exposure
from functions.core.history import HistoryEntry, of_exposure, of_host
from functions.core.host import Host
from functions.store.history import History
from functions.store.stream import StreamRecord


@dataclass(frozen=True, kw_only=True)
class RecordHistory:
    history: History

    def __call__(self, records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        """Record a batch's entries together; says which records could not be read. Raises Unavailable: the batch may come again whole."""
        entries = []
        for record in records:
            try:
                entry = _entry(record)
            except Corrupt as error:
                yield record, error
                continue
            if entry is not None:
                entries.append(entry)
        self.history.record(entries)


def _entry(record: StreamRecord) -> HistoryEntry | None:
    """None for other families and for what was removed. Raises Corrupt."""
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
