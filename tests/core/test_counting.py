"""What changed records add to the counters."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from functions.core.counting import (
    AlertFacts,
    Changes,
    ExposureFacts,
    HostFacts,
    count_alert,
    count_exposure,
    count_host,
)
from tests.store.examples import NETWORK, PROJECT

CHANGED = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 9, tzinfo=UTC)


NAMED = {"name": "ssh", "product": "OpenSSH", "confidence": 10}
WRAPPED = {"name": "tcpwrapped", "confidence": 8}
GUESSED = {"name": "http", "confidence": 3}
DAMAGED = "of no interest"


def an_exposure(
    state: str, *, answering: bool = True, baseline: bool = False, service: object = NAMED
) -> ExposureFacts:
    change = {"at": CHANGED, "baseline": baseline, "kind": "of no interest"}
    fields = {"project": PROJECT, "network": NETWORK, "state": state, "answering": answering, "change": change}
    return ExposureFacts.model_validate(fields | {"service": service, "address": "of no interest"})


OPEN, SUSPECT, CLOSED = (
    an_exposure("open"),
    an_exposure("suspect", answering=False),
    an_exposure("closed", answering=False),
)
UP, DOWN = an_exposure("flapping"), an_exposure("flapping", answering=False)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (None, OPEN, {"open": 1, "opened": 1}),
        (None, an_exposure("open", baseline=True), {"open": 1, "baseline": 1}),
        (CLOSED, OPEN, {"open": 1, "opened": 1}),
        (OPEN, CLOSED, {"open": -1, "closed": 1}),
        (SUSPECT, CLOSED, {"open": -1, "closed": 1}),
        (CLOSED, UP, {"open": 1, "opened": 1}),
        (UP, DOWN, {"open": -1, "closed": 1}),
        (DOWN, OPEN, {"open": 1, "opened": 1}),
    ],
)
def test_an_opening_and_a_closing_are_counted_on_the_day_of_their_evidence(
    before: ExposureFacts | None, after: ExposureFacts, changes: Changes
) -> None:
    (count,) = count_exposure(before, after, WRITTEN)
    assert (count.project, count.network, count.day, count.changes) == (PROJECT, NETWORK, date(2026, 11, 3), changes)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OPEN, OPEN),
        (OPEN, SUSPECT),
        (SUSPECT, OPEN),
        (OPEN, UP),
        (UP, OPEN),
        (CLOSED, DOWN),
        (DOWN, CLOSED),
        (None, CLOSED),
    ],
)
def test_what_neither_opens_nor_closes_counts_nothing(before: ExposureFacts | None, after: ExposureFacts) -> None:
    assert list(count_exposure(before, after, WRITTEN)) == []


@pytest.mark.parametrize("service", [GUESSED, {}, DAMAGED])
def test_an_open_port_that_is_not_named_counts_as_such_until_it_is(service: object) -> None:
    unnamed, closed = an_exposure("open", service=service), an_exposure("closed", answering=False, service=service)
    assert changes_of(None, unnamed) == {"open": 1, "unnamed": 1, "opened": 1}
    assert changes_of(unnamed, OPEN) == {"unnamed": -1}
    assert changes_of(OPEN, unnamed) == {"unnamed": 1}
    assert changes_of(unnamed, closed) == {"open": -1, "unnamed": -1, "closed": 1}
    assert changes_of(unnamed, None) == {"open": -1, "unnamed": -1}
    assert changes_of(None, closed) == {}


def test_what_ends_a_connection_without_a_word_has_no_more_to_say() -> None:
    assert changes_of(None, an_exposure("open", service=WRAPPED)) == {"open": 1, "opened": 1}


def changes_of(before: ExposureFacts | None, after: ExposureFacts | None) -> Changes:
    return {name: by for count in count_exposure(before, after, WRITTEN) for name, by in count.changes.items()}


def test_an_exposure_that_is_removed_is_not_open_any_more_and_was_not_closed() -> None:
    (count,) = count_exposure(OPEN, None, WRITTEN)
    assert (count.day, count.changes) == (WRITTEN.date(), {"open": -1})
    assert list(count_exposure(CLOSED, None, WRITTEN)) == []


def test_a_host_is_counted_when_it_is_first_seen_and_when_it_is_removed() -> None:
    host = HostFacts(project=PROJECT, network=NETWORK, first_seen=CHANGED)
    (seen,) = count_host(None, host, WRITTEN)
    (removed,) = count_host(host, None, WRITTEN)
    assert (seen.day, seen.changes) == (CHANGED.date(), {"hosts": 1})
    assert (removed.day, removed.changes) == (WRITTEN.date(), {"hosts": -1})
    assert list(count_host(host, host, WRITTEN)) == []


def an_alert(status: str, severity: str = "high") -> AlertFacts:
    fields: dict[str, Any] = {"type": "NEW_PORT", "severity": severity, "status": status}
    fields |= {"project": PROJECT, "network": NETWORK, "raised": CHANGED, "updated": datetime(2026, 11, 5, tzinfo=UTC)}
    return AlertFacts.model_validate(fields)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (None, an_alert("open"), {"standing/NEW_PORT/high/open": 1, "raised/NEW_PORT/high": 1}),
        (an_alert("open"), an_alert("in_progress"), {"standing/NEW_PORT/high/open": -1, "standing/NEW_PORT/high/in_progress": 1}),
        (an_alert("open"), an_alert("open", "info"), {"standing/NEW_PORT/high/open": -1, "standing/NEW_PORT/info/open": 1}),
        (
            an_alert("open", "info"),
            an_alert("resolved"),
            {"standing/NEW_PORT/info/open": -1, "standing/NEW_PORT/high/resolved": 1, "resolved/NEW_PORT/info": 1},
        ),
        (
            an_alert("resolved"),
            an_alert("open"),
            {"standing/NEW_PORT/high/resolved": -1, "standing/NEW_PORT/high/open": 1, "raised/NEW_PORT/high": 1},
        ),
        (an_alert("open"), None, {"standing/NEW_PORT/high/open": -1}),
    ],
)  # fmt: skip
def test_an_alert_stands_once_and_what_happened_to_it_is_counted(
    before: AlertFacts | None, after: AlertFacts | None, changes: Changes
) -> None:
    (count,) = count_alert(before, after, WRITTEN)
    assert count.changes == changes
    assert count.day.day == (9 if after is None else 3 if before is None else 5)


def test_an_alert_whose_comment_changed_counts_nothing() -> None:
    assert list(count_alert(an_alert("open"), an_alert("open"), WRITTEN)) == []
