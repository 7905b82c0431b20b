"""Each kind of fault tells whether it has met anything."""

import random
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.e2e.platform import Project
from tests.faults import kinds
from tests.faults.kinds import KINDS
from tests.faults.proxy import Proxy, Trouble
from tests.faults.stand import Stand

pytestmark = pytest.mark.enable_socket
"""The proxy serves on loopback."""

SCAN = {"id": "scan"}


class Running:
    """A project with one scan, which is over when it was looked at `looks` times; at each look a request is made by a task."""

    id = "project"

    def __init__(self, stand: Any, *, looks: int, requests: str = "", saved: bool = True) -> None:
        self.stand, self.left, self.requests, self.saved = stand, looks, requests, saved

    def get(self, *_path: str) -> dict[str, str]:
        if self.requests:
            self.stand.tasks.way_of(self.requests)
        self.left -= 1
        return {"status": "running" if self.left > 0 else "completed"}

    def items(self, *_path: str) -> list[dict[str, Any]]:
        return [{"chunk": "00000", "status": "saved" if self.saved else "claimed", "attempt": 1}]


@pytest.fixture
def stand() -> Iterator[Any]:
    with closing(Proxy(port_behind=1)) as tasks, closing(Proxy(port_behind=1)) as steps:
        yield SimpleNamespace(tasks=tasks, steps=steps, launcher=SimpleNamespace(met=False), delivered=[])


@pytest.fixture(autouse=True)
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.kinds.time.sleep", lambda _seconds: None)


def strike(name: str, stand: Any, project: Running) -> bool:
    struck = KINDS[name].strike
    assert struck is not None
    return struck(cast("Stand", stand), cast("Project", project), SCAN, random.Random(1))


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_looks_whether_it_met_anything(name: str) -> None:
    kind = KINDS[name]
    assert (kind.prepare is None) == (kind.met is None)
    assert kind.met or kind.strike


def test_an_outage_meets_the_requests_of_tasks(stand: Any) -> None:
    assert strike("outage", stand, Running(stand, looks=9, requests="dynamodb"))
    assert stand.tasks.trouble is None


@pytest.mark.parametrize(("name", "requests"), [("outage", ""), ("outage", "sts"), ("outage-steps", "dynamodb")])
def test_an_outage_that_nobody_asks_in_has_met_nothing(name: str, requests: str, stand: Any) -> None:
    assert not strike(name, stand, Running(stand, looks=9, requests=requests))
    assert stand.tasks.trouble is stand.steps.trouble is None


def test_throttling_is_met_where_a_request_was_refused(stand: Any) -> None:
    met = KINDS["throttle"].met
    assert met is not None
    assert not met(stand)
    stand.tasks.trouble = Trouble("throttle")
    assert not met(stand)
    stand.tasks.way_of("s3")
    assert met(stand)


@pytest.mark.parametrize("name", ["disk", "skew"])
def test_what_tasks_had_in_store_is_met_by_their_own_word(name: str, stand: Any) -> None:
    met = KINDS[name].met
    assert met is not None
    assert not met(stand)
    stand.launcher.met = True
    assert met(stand)


def test_a_message_is_met_where_it_came_twice(stand: Any) -> None:
    stand.deliver = lambda row, body: stand.delivered.append((row, body["chunk"]))
    assert not strike("twice", stand, Running(stand, looks=3, saved=False))
    assert strike("twice", stand, Running(stand, looks=3))
    assert sorted(stand.delivered) == [("IngestChunk", "00000"), ("IngestChunk", "00000"), ("JudgeAttempt", "00000")]


def test_a_message_that_could_not_be_repeated_has_met_nothing(stand: Any) -> None:
    def refuse(_row: str, _body: object) -> None:
        raise OSError("nobody is there")

    stand.deliver = refuse
    assert not strike("twice", stand, Running(stand, looks=3))


@pytest.mark.parametrize(
    ("alive", "attempts", "met"), [(True, [1, 2], True), (True, [1, 1], False), (False, [1, 2], False)]
)
def test_a_worker_outlives_its_lease_where_it_wakes_when_another_holds_its_chunk(
    alive: bool, attempts: list[int], met: bool, stand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = SimpleNamespace(chunk="00000", signal=lambda _number: None, alive=lambda: alive)
    project = Running(stand, looks=9)
    monkeypatch.setattr(kinds, "some_worker", lambda *_: asleep)
    monkeypatch.setattr(kinds, "stop_task", lambda *_: None)
    seen = iter(attempts)
    monkeypatch.setattr(project, "items", lambda *_: [{"chunk": "00000", "attempt": next(seen)}])
    assert strike("lease", stand, project) is met


def test_nobody_outlives_a_lease_where_nobody_is_at_work(stand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "some_worker", lambda *_: None)
    assert not strike("lease", stand, Running(stand, looks=9))
