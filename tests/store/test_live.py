"""Live events: told, replayed, kept for a while."""

import pytest

from functions.core.errors import InvalidInput
from functions.core.ids import derived_id
from functions.core.messages import Event
from functions.store.live import Live
from functions.store.table import Table
from tests.store.examples import OTHER_PROJECT, PROJECT, after

TOPIC = "scan:1"


@pytest.fixture
def live(table: Table) -> Live:
    return Live(table)


def event(second: float, topic: str = TOPIC) -> Event:
    at = after(second)
    return Event(
        id=derived_id(at, str(second)), project=PROJECT, topic=topic, type="log", time=at, data={"text": "x", "n": 0.5}
    )


def test_a_replay_reads_a_little_before_the_event_it_is_asked_from(live: Live) -> None:
    events = [event(second) for second in (0, 24, 48, 72)]
    for each in (*events, events[0], event(1, topic="scan:2")):
        live.publish(each)
    assert list(live.replay(PROJECT, TOPIC).items) == events
    assert list(live.replay(PROJECT, TOPIC, since=events[2].id).items) == events[1:]
    assert live.replay(OTHER_PROJECT, TOPIC).items == ()


def test_a_replay_goes_on_by_its_cursor(live: Live) -> None:
    events = [event(second) for second in range(5)]
    for each in events:
        live.publish(each)
    page = live.replay(PROJECT, TOPIC, since=events[0].id, limit=3)
    rest = live.replay(PROJECT, TOPIC, since=events[0].id, limit=3, cursor=page.next_cursor)
    assert [*page.items, *rest.items] == events
    assert rest.next_cursor == ""


def test_a_replay_since_no_event_is_refused(live: Live) -> None:
    with pytest.raises(InvalidInput):
        live.replay(PROJECT, TOPIC, since="yesterday")
