"""What a changed record adds to the timeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.coverage import Answer
from functions.core.exposure import ChangeKind, Exposure
from functions.core.history import HOST_EVENTS, of_exposure, of_host
from functions.core.host import Host
from functions.core.ids import new_id
from functions.core.service import Service
from tests.core.test_judge import known

AT = datetime(2026, 11, 21, tzinfo=UTC)
WRITTEN = AT + timedelta(hours=9)
ID, SCAN = new_id(AT), new_id(AT)
HOST = Host(
    project=ID, network=ID, asset="10.0.0.1", addresses=("10.0.0.1",), scan=SCAN, first_seen=AT, last_changed=AT
)


def later(record: Any, **fields: Any) -> Any:
    return record.model_copy(update={**fields, "version": record.version + 1})


def test_a_change_of_an_exposure_is_told_with_its_evidence() -> None:
    opened = known(Answer.OPEN)
    closed = known(Answer.OPEN, Answer.REFUSED)
    first, second = of_exposure(None, opened, written=WRITTEN), of_exposure(opened, closed, written=WRITTEN)
    assert first is not None
    assert second is not None
    assert (first.event, first.at, first.version, first.change) == ("opened", opened.change.at, 1, opened.change)
    assert (second.event, second.state, second.scan, second.version) == ("closed", "closed", closed.change.scan, 2)


@pytest.mark.parametrize("answers", [(Answer.NO_ANSWER,), (Answer.NO_ANSWER, Answer.OPEN), (Answer.OPEN,)])
def test_bookkeeping_is_told_too(answers: tuple[Answer, ...]) -> None:
    before, after = known(Answer.OPEN, *answers[:-1]), known(Answer.OPEN, *answers)
    entry = of_exposure(before, after, written=WRITTEN)
    assert entry is not None
    assert entry.event in {ChangeKind.MISSED, ChangeKind.SEEN_AGAIN, ChangeKind.CONFIRMED}


def test_another_service_is_told_with_the_one_before() -> None:
    opened = known(Answer.OPEN)
    other = Service(name="ssh", confidence=10)
    changed = later(
        opened, service=other, change=opened.change.model_copy(update={"kind": ChangeKind.CHANGED, "at": WRITTEN})
    )
    entry = of_exposure(opened, changed, written=WRITTEN)
    assert entry is not None
    assert (entry.event, entry.service, entry.previous_service) == ("changed", other, opened.service)


def test_what_no_scan_showed_is_told_at_the_time_of_writing() -> None:
    opened: Exposure = known(Answer.OPEN)
    entry = of_exposure(opened, later(opened, accepted=WRITTEN), written=WRITTEN)
    assert entry is not None
    assert (entry.event, entry.at, entry.scan, entry.change) == ("accepted", WRITTEN, "", None)
    assert of_exposure(opened, opened, written=WRITTEN) is None


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"up": False}, "down"),
        ({"names": ("a.example",)}, "changed"),
        ({"answers_everything": AT}, "answers_everything"),
        ({"name": "printer", "tags": ("office",)}, "edited"),
    ],
)
def test_a_change_of_a_host_is_told_by_what_it_is(fields: dict[str, Any], event: str) -> None:
    entry = of_host(HOST, later(HOST, **fields), written=WRITTEN)
    assert entry is not None
    assert entry.event == event
    assert event in HOST_EVENTS
    assert (entry.at, entry.scan) == ((WRITTEN, "") if event == "edited" else (AT, SCAN))


def test_what_people_did_is_told_with_who_and_when() -> None:
    edited = of_host(HOST, later(HOST, comment="3rd floor", edited=WRITTEN, edited_by="tok"), written=WRITTEN)
    host = of_host(HOST, later(HOST, accepted=WRITTEN, accepted_by="tok"), written=WRITTEN)
    opened: Exposure = known(Answer.OPEN)
    port = of_exposure(opened, later(opened, accepted=WRITTEN, accepted_by="tok"), written=WRITTEN)
    assert [(each.event, each.by, each.at, each.scan) for each in (edited, host, port) if each] == [
        ("edited", "tok", WRITTEN, ""),
        ("accepted", "tok", WRITTEN, ""),
        ("accepted", "tok", WRITTEN, ""),
    ]
    seen = of_host(edited_host(), later(edited_host(), os="Linux"), written=WRITTEN)
    assert seen is not None
    assert (seen.event, seen.by) == ("changed", "")


def edited_host() -> Host:
    return HOST.model_copy(update={"edited": AT, "edited_by": "tok"})


def test_a_host_is_told_when_first_seen_and_with_the_fields_that_changed() -> None:
    first = of_host(None, HOST, written=WRITTEN)
    assert first is not None
    assert (first.event, first.protocol, first.port) == ("seen", None, None)
    renamed = of_host(HOST, later(HOST, names=("a.example", "b.example")), written=WRITTEN)
    assert renamed is not None
    assert [(each.field, each.before, each.after) for each in renamed.fields] == [("names", "", "a.example, b.example")]
