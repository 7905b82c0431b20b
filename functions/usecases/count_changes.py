"""What both consumers of the table's stream do after their own step: count what changed, once for a batch."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from functions.core.counting import (
    AlertFacts,
    Count,
    ExposureFacts,
    HostFacts,
    count_alert,
    count_exposure,
    count_host,
)
from functions.core.errors import Corrupt
from functions.core.model import Model
from functions.store import keys
from functions.store.counters import Counted, Counters
from functions.store.stream import StreamRecord

F = TypeVar("F", bound=Model)


def counts_of(record: StreamRecord) -> Iterator[Count]:
    """Nothing for what is not counted. Raises Corrupt."""
    match record.family:
        case "EXP":
            yield from count_exposure(*_facts(record, ExposureFacts), record.at)
        case "HST":
            yield from count_host(*_facts(record, HostFacts), record.at)
        case "ALR":
            yield from count_alert(*_facts(record, AlertFacts), record.at)


def _facts(record: StreamRecord, kind: type[F]) -> tuple[F | None, F | None]:
    before = None if record.is_insert else record.before(kind)
    after = None if record.is_removal else record.after(kind)
    return before, after


@dataclass(frozen=True, kw_only=True)
class CountChanges:
    counters: Counters

    def __call__(self, records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        """Count a batch; says which records could not be read. Raises Unavailable: the batch may come again whole."""
        homes: dict[tuple[str, str], list[Counted]] = defaultdict(list)
        for record in records:
            try:
                counts = list(counts_of(record))
            except Corrupt as error:
                yield record, error
                continue
            for count in counts:
                home = "" if record.family == "ALR" else count.network
                homes[count.project, home].append(Counted(record.pk, record.sequence, count))
        for (project, home), counted in homes.items():
            self.counters.add(project, home, counted)
        for record in records:
            if record.family == "NET" and record.is_removal:
                self._forget(record)

    def _forget(self, record: StreamRecord) -> None:
        project = record.pk.removeprefix(keys.networks(""))
        self.counters.forget(project, str(record.old.get("id", "")), record.at.date())
