"""Every state change is a row of a table; what has no row does not happen."""

from enum import StrEnum
from typing import Any

import pytest

from functions.core.alert import ALERT_TABLE, AlertEvent, AlertStatus
from functions.core.chunk import CHUNK_TABLE, ChunkEvent, ChunkStatus
from functions.core.errors import Conflict, IllegalTransition
from functions.core.scan import LIVE, REDRIVABLE, SCAN_TABLE, ScanEvent, ScanStatus
from functions.core.transitions import TransitionTable

ALLOWED: dict[str, set[str]] = {
    "scan": {
        "planned start running", "planned fail failed", "planned cancel cancelled", "running complete completed",
        "running end_partial partial", "running fail failed", "running cancel cancelled", "planned pause paused",
        "running pause paused", "paused resume running", "paused replan planned", "paused cancel cancelled", "paused fail failed",
        "partial redrive running", "failed redrive running", "failed replan planned",
    },
    "chunk": {
        "waiting claim claimed", "claimed save saved", "claimed fence waiting", "saved ingest ingested", "waiting fail failed",
        "claimed fail failed", "saved fail failed", "waiting cancel cancelled", "claimed cancel cancelled",
        "waiting take_back waiting", "claimed take_back waiting", "saved take_back waiting",
        "ingested reopen waiting", "failed reopen waiting", "cancelled reopen waiting",
    },
    "alert": {
        "open take in_progress", "in_progress release open", "open resolve resolved", "in_progress resolve resolved",
        "resolved reopen open",
    },
}  # fmt: skip
TABLES: list[tuple[TransitionTable[Any, Any], type[StrEnum], type[StrEnum]]] = [
    (SCAN_TABLE, ScanStatus, ScanEvent),
    (CHUNK_TABLE, ChunkStatus, ChunkEvent),
    (ALERT_TABLE, AlertStatus, AlertEvent),
]
EVERY = [(table, status, event) for table, statuses, events in TABLES for status in statuses for event in events]


@pytest.mark.parametrize(("table", "status", "event"), EVERY, ids=lambda each: getattr(each, "noun", str(each)))
def test_exactly_the_rows_of_the_table_are_allowed(
    table: TransitionTable[Any, Any], status: StrEnum, event: StrEnum
) -> None:
    rows = {(row.split()[0], row.split()[1]): row.split()[2] for row in ALLOWED[table.noun]}
    if (status, event) in rows:
        assert table.after(status, event) == rows[status, event]
        assert status in table.sources(event)
    else:
        with pytest.raises(IllegalTransition, match=f"a {table.noun} that is {status} cannot {event}"):
            table.after(status, event)
        assert status not in table.sources(event)


def test_an_ended_scan_stays_as_it_ended_but_for_one_that_somebody_redrives() -> None:
    for status in set(ScanStatus) - LIVE - REDRIVABLE:
        assert all(status not in SCAN_TABLE.sources(event) for event in ScanEvent)
    for status in REDRIVABLE:
        events = {event for event in ScanEvent if status in SCAN_TABLE.sources(event)}
        assert events <= {ScanEvent.REDRIVE, ScanEvent.REPLAN}


def test_a_live_scan_can_always_end() -> None:
    for status in LIVE:
        assert {event for event in ScanEvent if status in SCAN_TABLE.sources(event)} >= {
            ScanEvent.FAIL,
            ScanEvent.CANCEL,
        }


def test_only_a_waiting_chunk_is_claimed() -> None:
    assert CHUNK_TABLE.sources(ChunkEvent.CLAIM) == {ChunkStatus.WAITING}


def test_a_refused_transition_is_a_conflict() -> None:
    assert issubclass(IllegalTransition, Conflict)
