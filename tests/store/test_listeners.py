"""Connections, what they subscribe to, whose they are, and their ends."""

from datetime import datetime, timedelta

import pytest

from functions.core.errors import NotFound, TooManyRequests
from functions.core.token import Principal
from functions.store import keys
from functions.store.listeners import CONNECTION_LIFE, Connection, Listeners, Shut
from functions.store.table import Table
from functions.store.writes import Range
from tests.store.examples import AT, OTHER_PROJECT, PROJECT

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
def listeners(table: Table, clock: Clock) -> Listeners:
    return Listeners(table, clock=clock)


def connect(
    listeners: Listeners,
    connection: str = "c1",
    *,
    caller: Principal = CALLER,
    project: str = PROJECT,
    until: datetime | None = None,
) -> Connection:
    return listeners.connect(connection, caller, project=project, now=AT, until=until)


def test_a_subscriber_is_told_nothing_until_activated(listeners: Listeners) -> None:
    connect(listeners)
    listeners.subscribe("c1", PROJECT, TOPIC)
    assert listeners.subscribers(PROJECT, TOPIC) == ("c1",)
    assert listeners.audience(PROJECT, TOPIC) == ((), ())
    listeners.activate("c1", PROJECT, TOPIC)
    assert listeners.audience(PROJECT, TOPIC) == (("c1",), ())
    listeners.unsubscribe("c1", PROJECT, TOPIC)
    listeners.activate("c1", PROJECT, TOPIC)
    assert listeners.subscribers(PROJECT, TOPIC) == ()


def test_a_disconnect_ends_all_subscriptions_and_leaves_nothing_behind(listeners: Listeners, table: Table) -> None:
    made = connect(listeners)
    assert listeners.connection("c1") == made
    assert (made.principal, made.project) == (CALLER, PROJECT)
    for topic in (TOPIC, f"project:{PROJECT}"):
        listeners.subscribe("c1", PROJECT, topic)
    listeners.disconnect("c1")
    listeners.disconnect("c1")
    assert listeners.subscribers(PROJECT, TOPIC) == listeners.subscribers(PROJECT, f"project:{PROJECT}") == ()
    assert listeners.opened_by(CALLER.id) == ()
    assert list(table.all(Range(keys.connection("c1")))) == []
    with pytest.raises(NotFound):
        listeners.connection("c1")
    with pytest.raises(NotFound):
        listeners.subscribe("c1", PROJECT, TOPIC)


def test_what_has_expired_is_gone_before_the_table_removes_it(listeners: Listeners, clock: Clock) -> None:
    connect(listeners)
    listeners.subscribe("c1", PROJECT, TOPIC)
    clock.at = AT + CONNECTION_LIFE - timedelta(seconds=1)
    assert listeners.subscribers(PROJECT, TOPIC) == ("c1",)
    clock.at = AT + CONNECTION_LIFE
    assert listeners.subscribers(PROJECT, TOPIC) == ()
    with pytest.raises(NotFound):
        listeners.connection("c1")


def test_a_connection_lasts_no_longer_than_the_credential_that_opened_it(listeners: Listeners, clock: Clock) -> None:
    end = AT + timedelta(minutes=5)
    assert connect(listeners, until=end).until == end
    assert connect(listeners, "c2", until=AT + timedelta(days=1)).until == AT + CONNECTION_LIFE
    for connection in ("c1", "c2"):
        listeners.subscribe(connection, PROJECT, TOPIC)
        listeners.activate(connection, PROJECT, TOPIC)
    clock.at = end
    assert listeners.audience(PROJECT, TOPIC) == (("c2",), ("c1",))


def test_the_connections_of_a_principal_are_found_with_and_without_a_project(listeners: Listeners) -> None:
    other = Principal(id="other", scopes=("read",))
    connect(listeners)
    connect(listeners, "c2", project=OTHER_PROJECT)
    connect(listeners, "c3", caller=other)
    assert set(listeners.opened_by(CALLER.id)) == {"c1", "c2"}
    assert listeners.opened_by(CALLER.id, project=OTHER_PROJECT) == ("c2",)


def test_the_connections_of_a_users_tokens_are_theirs_too(listeners: Listeners) -> None:
    theirs = CALLER.model_copy(update={"maker": "u_ada"})
    connect(listeners, caller=theirs)
    connect(listeners, "c2", caller=Principal(id="u_ada", kind="user"))
    assert set(listeners.opened_by("u_ada")) == {"c1", "c2"}
    assert listeners.opened_by(CALLER.id) == ("c1",)
    listeners.disconnect("c1")
    assert (listeners.opened_by("u_ada"), listeners.opened_by(CALLER.id)) == (("c2",), ())


def test_frames_are_counted_by_the_minute(listeners: Listeners) -> None:
    connect(listeners)
    for _ in range(3):
        assert listeners.receive("c1", most=3, now=AT).id == "c1"
    with pytest.raises(TooManyRequests):
        listeners.receive("c1", most=3, now=AT)
    later = listeners.receive("c1", most=3, now=AT + timedelta(minutes=1))
    assert (later.frames, later.principal) == (1, CALLER)


def test_a_frame_of_no_connection_is_not_counted_and_makes_none(listeners: Listeners, clock: Clock) -> None:
    with pytest.raises(NotFound):
        listeners.receive("c1", most=3, now=AT)
    connect(listeners)
    clock.at = AT + CONNECTION_LIFE
    with pytest.raises(NotFound):
        listeners.receive("c1", most=3, now=clock.at)


def test_an_order_to_shut_is_an_item_of_its_own_each_time(listeners: Listeners, table: Table) -> None:
    for why in ("revoked", "revoked again"):
        listeners.shut(CALLER.id, why=why, now=AT)
    listeners.shut(CALLER.id, why="no member any more", now=AT, project=PROJECT)
    items = list(table.all(Range(keys.shut(CALLER.id))))
    assert {item["why"] for item in items} == {"revoked", "revoked again", "no member any more"}
    assert Shut(principal=CALLER.id, project=PROJECT, why="x").project == PROJECT
