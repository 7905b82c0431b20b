"""The live view's table: events, connections, subscriptions, and their ends."""

from datetime import datetime, timedelta

import pytest

from functions.core.errors import InvalidInput, NotFound
from functions.core.ids import derived_id
from functions.core.messages import Event
from functions.core.token import Principal
from functions.store.live import CONNECTION_LIFE, Live
from functions.store.table import Table
from tests.store.examples import AT, OTHER_PROJECT, PROJECT, after

TOPIC = "scan:1"
CALLER = Principal(id="token", project=PROJECT, scopes=("read",))


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(table: Table, clock: Clock) -> Live:
    return Live(table, clock=clock)


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


def test_a_subscriber_is_pending_until_activated(live: Live) -> None:
    live.connect("c1", CALLER, AT)
    live.subscribe("c1", PROJECT, TOPIC)
    assert live.subscribers(PROJECT, TOPIC) == ("c1",)
    assert live.subscribers(PROJECT, TOPIC, active=True) == ()
    live.activate("c1", PROJECT, TOPIC)
    assert live.subscribers(PROJECT, TOPIC, active=True) == ("c1",)
    live.unsubscribe("c1", PROJECT, TOPIC)
    live.activate("c1", PROJECT, TOPIC)
    assert live.subscribers(PROJECT, TOPIC) == ()


def test_a_disconnect_ends_all_subscriptions(live: Live) -> None:
    live.connect("c1", CALLER, AT)
    assert live.connection("c1").principal == CALLER
    for topic in (TOPIC, f"project:{PROJECT}"):
        live.subscribe("c1", PROJECT, topic)
    live.disconnect("c1")
    live.disconnect("c1")
    assert live.subscribers(PROJECT, TOPIC) == live.subscribers(PROJECT, f"project:{PROJECT}") == ()
    with pytest.raises(NotFound):
        live.connection("c1")
    with pytest.raises(NotFound):
        live.subscribe("c1", PROJECT, TOPIC)


def test_what_has_expired_is_gone_before_the_table_removes_it(live: Live, clock: Clock) -> None:
    live.connect("c1", CALLER, AT)
    live.subscribe("c1", PROJECT, TOPIC)
    clock.at = AT + CONNECTION_LIFE - timedelta(seconds=1)
    assert live.subscribers(PROJECT, TOPIC) == ("c1",)
    clock.at = AT + CONNECTION_LIFE
    assert live.subscribers(PROJECT, TOPIC) == ()
    with pytest.raises(NotFound):
        live.connection("c1")
