"""Live events reach those who listen, in order, whatever becomes of one connection or one record."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest

from functions.adapters.connections import Connections, Gone
from functions.core.ids import new_id
from functions.core.messages import Event
from functions.core.token import Principal
from functions.store.listeners import Shut
from functions.store.stream import read_record
from functions.usecases.broadcast import Broadcast
from tests.alerting.records import Record, a_record, poisoned
from tests.backend import NOW, Backend

TOPIC, OTHER = f"scan:{new_id(NOW)}", f"scan:{new_id(NOW)}"


@dataclass
class FakeConnections:
    """What each client got; some are gone, some refuse a number of posts, or all."""

    got: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    gone: set[str] = field(default_factory=set)
    refusals: dict[str, int] = field(default_factory=dict)

    closed: list[str] = field(default_factory=list)

    def close(self, connection: str) -> None:
        if self.refusals.get(connection, 0):
            self.refusals[connection] -= 1
            raise TimeoutError("no answer")
        self.closed.append(connection)

    def post(self, connection: str, message: str) -> None:
        if connection in self.gone:
            raise Gone("gone")
        if self.refusals.get(connection, 0):
            self.refusals[connection] -= 1
            raise TimeoutError("no answer")
        self.got[connection].append(Event.model_validate_json(message).data["n"])


@dataclass
class Stage:
    backend: Backend
    connections: FakeConnections = field(default_factory=FakeConnections)

    def listen(
        self,
        connection: str,
        topic: str = TOPIC,
        *,
        pending: bool = False,
        project: str = "",
        who: str = "somebody",
        until: datetime | None = None,
    ) -> None:
        principal, into = Principal(id=who, scopes=("read",)), project or self.backend.project
        self.backend.listeners.connect(connection, principal, project=into, now=NOW, until=until)
        self.backend.listeners.subscribe(connection, into, topic)
        if not pending:
            self.backend.listeners.activate(connection, into, topic)

    def order(self, number: int, who: str = "somebody", project: str = "") -> Record:
        return a_record("SHUT", number, new=Shut(principal=who, project=project, why="revoked"))

    def record(self, number: int, topic: str = TOPIC) -> Record:
        event = Event(
            id=new_id(NOW), project=self.backend.project, topic=topic, type="log", time=NOW, data={"n": number}
        )
        return a_record("EVT", number, new=event)

    def broadcast(self, *records: Record) -> list[str]:
        step = Broadcast(
            listeners=self.backend.listeners,
            connections=cast("Connections", self.connections),
            pause=lambda _: None,
        )
        return [record.id for record, _ in step([read_record(record) for record in records])]


@pytest.fixture
def stage(backend: Backend) -> Stage:
    return Stage(backend)


def test_everybody_who_listens_gets_every_event_in_order(stage: Stage) -> None:
    for connection in ("a", "b"):
        stage.listen(connection)
    stage.listen("c", OTHER)
    records = [stage.record(number, OTHER if number % 3 == 0 else TOPIC) for number in range(1, 9)]
    assert stage.broadcast(*records) == []
    assert stage.connections.got == {"a": [1, 2, 4, 5, 7, 8], "b": [1, 2, 4, 5, 7, 8], "c": [3, 6]}


def test_a_pending_listener_gets_nothing_yet(stage: Stage) -> None:
    stage.listen("a", pending=True)
    stage.broadcast(stage.record(1))
    assert stage.connections.got == {}


def test_listeners_of_another_project_get_nothing(stage: Stage) -> None:
    stage.listen("a", project=new_id(NOW))
    stage.broadcast(stage.record(1))
    assert stage.connections.got == {}


def test_a_client_that_is_gone_is_forgotten_and_the_others_served(stage: Stage) -> None:
    for connection in ("a", "b"):
        stage.listen(connection)
    stage.connections.gone = {"a"}
    assert stage.broadcast(stage.record(1), stage.record(2)) == []
    assert stage.backend.listeners.subscribers(stage.backend.project, TOPIC) == ("b",)
    assert stage.connections.got == {"b": [1, 2]}


def test_a_post_that_fails_for_a_moment_is_tried_again_in_its_place(stage: Stage) -> None:
    stage.listen("a")
    stage.connections.refusals = {"a": 2}
    assert stage.broadcast(stage.record(1), stage.record(2)) == []
    assert stage.connections.got == {"a": [1, 2]}


def test_an_event_that_a_client_cannot_be_given_is_given_up_once_and_the_next_goes_on(stage: Stage) -> None:
    for connection in ("a", "b"):
        stage.listen(connection)
    stage.connections.refusals = {"a": 3, "b": 3}
    assert stage.broadcast(stage.record(1), stage.record(2)) == ["event-1"]
    assert stage.connections.got == {"a": [2], "b": [2]}


def test_the_poisoned_record_alone_is_given_up(stage: Stage) -> None:
    stage.listen("a")
    assert stage.broadcast(poisoned(stage.record(1)), stage.record(2)) == ["event-1"]
    assert stage.connections.got == {"a": [2]}


def test_only_new_events_are_told(stage: Stage) -> None:
    stage.listen("a")
    event = Event(id=new_id(NOW), project=stage.backend.project, topic=TOPIC, type="log", time=NOW, data={"n": 1})
    stage.broadcast(a_record("EVT", 1, new=event, old=event), a_record("EVT", 2, old=event))
    assert stage.connections.got == {}


def test_whose_right_has_ended_is_closed_and_told_nothing_more_not_even_of_the_same_batch(stage: Stage) -> None:
    for connection, who in (("a", "revoked"), ("b", "revoked"), ("c", "somebody")):
        stage.listen(connection, who=who)
    assert stage.broadcast(stage.record(1), stage.order(2, "revoked"), stage.record(3)) == []
    assert sorted(stage.connections.closed) == ["a", "b"]
    assert stage.connections.got == {"c": [1, 3]}
    assert stage.backend.listeners.opened_by("revoked") == ()


def test_an_order_for_one_project_leaves_the_connections_into_others(stage: Stage) -> None:
    other = new_id(NOW)
    stage.listen("a")
    stage.listen("b", project=other)
    stage.broadcast(stage.order(1, project=other))
    assert stage.connections.closed == ["b"]


def test_one_that_cannot_be_closed_is_told_nothing_more_and_the_others_are_closed(stage: Stage) -> None:
    for connection in ("a", "b"):
        stage.listen(connection)
    stage.connections.refusals = {"a": 3}
    assert stage.broadcast(stage.order(1), stage.record(2)) == ["event-1"]
    assert stage.connections.closed == ["b"]
    assert stage.connections.got == {}


def test_a_listener_whose_credential_has_ended_is_closed_when_there_is_something_to_tell(stage: Stage) -> None:
    stage.listen("a", until=NOW + timedelta(minutes=1))
    stage.listen("b")
    stage.backend.clock.pass_by(60)
    assert stage.broadcast(stage.record(1)) == []
    assert stage.connections.closed == ["a"]
    assert stage.connections.got == {"b": [1]}


def test_an_order_that_cannot_be_read_is_given_up_alone(stage: Stage) -> None:
    stage.listen("a")
    assert stage.broadcast(poisoned(stage.order(1)), stage.record(2)) == ["event-1"]
    assert stage.connections.got == {"a": [2]}
