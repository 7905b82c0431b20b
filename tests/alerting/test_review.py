"""Messages of the review queue: each kind reaches its review, pages follow one another, and only what may work later is kept."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.adapters import clients
from functions.adapters.workflow import Workflow
from functions.alerting import review
from functions.core.errors import NotFound, StaleVersion, Unavailable
from functions.core.ids import new_id
from functions.core.model import Protocol
from functions.core.scan import CellRef, ScanEvent
from functions.store.audit_log import AuditLog
from functions.store.waiting import Waiting
from functions.usecases.consume_stream import TRIES
from functions.wiring import review as wiring
from tests.backend import NOW, Backend
from tests.scan_workflow.rehearsal import LambdaContext
from tests.usecases.evaluating import FakeQueue

PROJECT, NETWORK, SCAN = (new_id(NOW) for _ in range(3))
OF_NETWORK = {"kind": "network", "project": PROJECT, "network": NETWORK, "cause": "new rules", "cursor": ""}
OF_SCAN = {"kind": "scan", "project": PROJECT, "network": NETWORK, "scan": SCAN}


class Wired:
    """Every review, remembered; `answers` are their next cursors."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.queue = FakeQueue()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[Any] = []
        self.now: datetime = NOW
        for name in ("review_network", "review_scan", "review_watches", "review_endings"):
            patch.setattr(wiring, name, self._made(name))
        patch.setattr(wiring, "reviews", lambda: self.queue)
        patch.setattr(wiring, "now", lambda: self.now)
        page = SimpleNamespace(items=(SimpleNamespace(id=PROJECT),), next_cursor="")
        patch.setattr(wiring, "projects", lambda: SimpleNamespace(list=lambda **_: page))

    def _made(self, name: str) -> Callable[[], Callable[..., Any]]:
        def ask(**given: Any) -> Any:
            self.asked.append((name, given))
            answer = self.answers.pop(0) if self.answers else ("" if name != "review_endings" else 0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return lambda: ask

    def tell(self, body: dict[str, Any]) -> list[Any]:
        return tell(body)


def tell(body: dict[str, Any]) -> list[Any]:
    """Which messages are left to the queue."""
    attributes = {"SentTimestamp": "1795248000000"}
    record = {"messageId": "one", "body": json.dumps(body), "attributes": attributes}
    failures: list[Any] = review.handler({"Records": [record]}, LambdaContext())["batchItemFailures"]
    return failures


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> Wired:
    return Wired(monkeypatch)


def test_a_network_is_reviewed_page_by_page(wired: Wired) -> None:
    wired.answers = ["exposures/"]
    assert wired.tell(OF_NETWORK) == []
    assert wired.asked == [("review_network", {"project": PROJECT, "network": NETWORK, "cursor": "", "asset": ""})]
    (following,) = wired.queue.sent
    assert (following["kind"], following["cursor"]) == ("network", "exposures/")
    assert wired.tell(dict(following)) == []
    assert len(wired.queue.sent) == 1


def test_a_scan_is_reviewed_page_by_page(wired: Wired) -> None:
    wired.answers = ["expectations/0"]
    assert wired.tell(OF_SCAN) == []
    assert [message["cursor"] for message in wired.queue.sent] == ["expectations/0"]


def test_the_clocks_turn_answers_every_call_that_is_due(wired: Wired) -> None:
    wired.now = NOW + timedelta(minutes=1)
    wired.answers = [100, 3]
    assert wired.tell({"source": "aws.events", "detail-type": "Scheduled Event"}) == []
    assert [name for name, _ in wired.asked] == ["review_endings"] * 3
    assert wired.queue.sent == []


def test_every_tenth_minute_the_networks_of_each_project_are_looked_at(wired: Wired) -> None:
    assert wired.tell({"kind": "due"}) == []
    assert wired.queue.sent == [{"kind": "projects"}]
    assert wired.tell({"kind": "projects"}) == []
    assert wired.queue.sent[1:] == [{"kind": "watches", "project": PROJECT}]
    wired.answers = ["more"]
    assert wired.tell({"kind": "watches", "project": PROJECT}) == []
    assert wired.queue.sent[2:] == [{"kind": "watches", "project": PROJECT, "cursor": "more"}]


def test_what_was_deleted_meanwhile_is_not_asked_for_again(wired: Wired) -> None:
    wired.answers = [NotFound("there is no such scan")]
    assert wired.tell(OF_SCAN) == []


@pytest.mark.parametrize("body", [{**OF_SCAN, "scan": "none"}, {"kind": "no such kind"}])
def test_what_cannot_be_read_is_left_to_the_queue(wired: Wired, body: dict[str, Any]) -> None:
    assert wired.tell(body) == [{"itemIdentifier": "one"}]


def test_what_may_work_later_is_left_to_the_queue(wired: Wired) -> None:
    wired.answers = [Unavailable("busy") for _ in range(TRIES)]
    assert wired.tell(OF_NETWORK) == [{"itemIdentifier": "one"}]


def test_two_reviews_that_meet_at_an_alert_are_tried_again_at_once(wired: Wired) -> None:
    wired.answers = [StaleVersion("the alert changed meanwhile")]
    assert wired.tell(OF_NETWORK) == []
    assert len(wired.asked) == 2


@pytest.fixture
def composed(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The real reviews over the tables in memory; the workflows that they start."""
    names = {"TABLE": backend.table.name, "LIVE_TABLE": backend.live_table.name, "BUS": "bus"}
    names |= {"STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:scans"}
    names |= {"REVIEW_QUEUE_URL": "https://queue.example", "ADMIT_LOOPBACK": "false"}
    for name, value in names.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    started: list[str] = []
    monkeypatch.setattr(Workflow, "start", lambda _, *, project, scan, run: started.append(f"{scan}-{run}"))
    monkeypatch.setattr(wiring, "reviews", FakeQueue)
    cached = (wiring.review_scan, wiring.review_network, wiring._settings, wiring._table, clients.dynamodb)
    for each in cached:
        each.cache_clear()
    yield started
    for each in cached:
        each.cache_clear()


def test_the_audit_log_tells_of_a_second_look_that_nobody_asked_for(backend: Backend, composed: list[str]) -> None:
    scan = backend.scans.transition(backend.scan(backend.network()), ScanEvent.START, started=NOW)
    backend.scans.transition(scan, ScanEvent.COMPLETE, ended=NOW)
    cell = CellRef(asset="10.0.0.1", protocol=Protocol.TCP, port=22)
    Waiting(backend.table).add(scan.project, scan.id, cell, now=NOW)
    of_scan = {"kind": "scan", "project": scan.project, "network": scan.network, "scan": scan.id}
    assert tell(of_scan) == tell(of_scan) == []
    (made,) = backend.scans.list(scan.project, kind="confirm").items
    assert set(composed) == {f"{made.id}-1"}
    (entry,) = AuditLog(backend.table).list(scan.project).items
    assert (entry.principal, entry.route, entry.request) == ("review", "review", "one")
    assert (entry.verb, entry.subject, entry.subject_id) == ("create", "scan", made.id)
    assert entry.after["cause"]["key"] == scan.id
