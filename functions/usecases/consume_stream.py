"""What every stream consumer does around its step: a bounded number of tries in place, then the record is kept and counted."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from functions.adapters.failed_records import FailedRecords
from functions.core.errors import Corrupt
from functions.store.stream import StreamRecord, read_record

TRIES = 3
_FIRST_PAUSE_S = 0.2
_MAX_ERROR = 1000

Step = Callable[[Sequence[StreamRecord]], Iterable[tuple[StreamRecord, Exception]]]
"""Handles a batch in order; says which records it gave up, and why."""


@dataclass(frozen=True)
class GivenUp:
    """A record that was kept: `key` is where, `error` what it met."""

    record: str
    key: str
    error: str


@dataclass(frozen=True, kw_only=True)
class StreamConsumer:
    """One poisoned record never holds up those behind it: it is kept in S3. Raises only when even that fails."""

    step: Step
    failed: FailedRecords

    def __call__(self, event: Mapping[str, Any]) -> list[GivenUp]:
        """`event`: what Lambda gives a stream's consumer; an operator sends a kept record again as `{"Records": [record]}`."""
        raw: dict[str, Mapping[str, Any]] = {}
        given_up = []
        readable = []
        for record in event["Records"]:
            try:
                readable.append(read_record(record))
                raw[readable[-1].id] = record
            except Corrupt as error:
                given_up.append(self._keep(record, error))
        given_up.extend(self._keep(raw[record.id], error) for record, error in self.step(readable))
        return given_up

    def _keep(self, record: Mapping[str, Any], error: Exception) -> GivenUp:
        key = self.failed.keep(record)
        why = f"{type(error).__name__}: {error}"[:_MAX_ERROR]
        return GivenUp(record=str(record.get("eventID", "")), key=key, error=why)


def one_by_one(handle: Callable[[StreamRecord], None], *, pause: Callable[[float], None] = time.sleep) -> Step:
    """A step that handles records singly and in order."""

    def step(records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        for record in records:
            try:
                try_again(partial(handle, record), pause=pause)
            except Exception as error:  # whatever it is, the records behind it must not wait
                yield record, error

    return step


def in_turn(*steps: Step) -> Step:
    """Each with the whole batch, one after the other; a record is given up once. What raises brings the batch again."""

    def step(records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        given_up = set()
        for each in steps:
            for record, error in each(records):
                if record.id not in given_up:
                    given_up.add(record.id)
                    yield record, error

    return step


def try_again(
    call: Callable[[], None], *, final: tuple[type[Exception], ...] = (Corrupt,), pause: Callable[[float], None]
) -> None:
    """Call until it succeeds, at most TRIES times; a `final` error would be the same again and is raised at once."""
    for again in range(1, TRIES):
        try:
            return call()
        except final:
            raise
        except Exception:
            pause(_FIRST_PAUSE_S * again)
    return call()
