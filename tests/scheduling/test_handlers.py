"""The two handlers of time: messages in, scans started and mended."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.adapters import clients
from functions.core.ids import new_id
from functions.core.scan import ScanEvent
from functions.core.stop import Stop
from functions.scheduling import sweep, tick
from functions.store.audit_log import AuditLog
from functions.usecases.sweep import START_AFTER
from functions.wiring import scheduling as wiring
from functions.wiring.clock import utc_now
from tests.backend import NOW, Backend
from tests.scan_workflow.rehearsal import LambdaContext

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:scans"


class FakeStepFunctions:
    """Remembers what was started; knows nothing of ends."""

    class exceptions:  # noqa: N801
        class ExecutionAlreadyExists(Exception): ...

        class ExecutionDoesNotExist(Exception): ...

    def __init__(self) -> None:
        self.started: list[str] = []

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803
        self.started.append(name)

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803
        raise self.exceptions.ExecutionDoesNotExist


@pytest.fixture
def step_functions(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStepFunctions]:
    variables = {"TABLE": backend.table.name, "STATE_MACHINE_ARN": MACHINE, "FINISH_QUEUE_URL": "https://queue.example"}
    for name, value in variables.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fake = FakeStepFunctions()
    monkeypatch.setattr(clients, "stepfunctions", lambda: fake)
    composed = (wiring.run_tick, wiring.sweep, clients.dynamodb)
    for each in composed:
        each.cache_clear()
    yield fake
    for each in composed:
        each.cache_clear()


def an_event(body: dict[str, Any]) -> dict[str, Any]:
    message = {"messageId": "m1", "body": json.dumps(body), "attributes": {"SentTimestamp": "1795248000000"}}
    return {"Records": [message]}


def test_a_tick_starts_the_networks_scan(backend: Backend, step_functions: FakeStepFunctions) -> None:
    network = backend.network(schedule="cron(0 3 * * ? *)")
    due = {"project": network.project, "network": network.id, "scheduled_time": "2026-11-21T03:00:00Z"}
    assert tick.handler(an_event(due), LambdaContext()) == {"batchItemFailures": []}
    live = backend.scans.live(network.project, network.id)
    assert step_functions.started == [f"{live}-1"]


def test_a_tick_that_names_no_network_is_left_to_the_queue(step_functions: FakeStepFunctions) -> None:
    assert tick.handler(an_event({}), LambdaContext()) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_a_sweep_starts_what_was_never_started(backend: Backend, step_functions: FakeStepFunctions) -> None:
    scan = backend.scan(backend.network(), created=utc_now() - 2 * START_AFTER)
    assert sweep.handler(an_event({"detail-type": "Scheduled Event"}), LambdaContext()) == {"batchItemFailures": []}
    assert step_functions.started == [f"{scan.id}-1"]


def test_the_audit_log_tells_what_a_sweep_let_go_on_and_nothing_of_what_it_mends(
    backend: Backend, step_functions: FakeStepFunctions
) -> None:
    created = utc_now() - 2 * START_AFTER
    waits, lost = (backend.scan(backend.network(), id=new_id(NOW), created=created) for _ in range(2))
    running = backend.scans.transition(waits, ScanEvent.START, started=NOW)
    backend.scans.transition(running, ScanEvent.PAUSE, stop=Stop.WINDOW, paused=NOW, resume_at=NOW)
    assert sweep.handler(an_event({}), LambdaContext()) == {"batchItemFailures": []}
    assert set(step_functions.started) == {f"{waits.id}-2", f"{lost.id}-1"}
    (entry,) = AuditLog(backend.table).list(backend.project).items
    assert (entry.principal, entry.route, entry.request) == ("sweep", "sweep", "m1")
    assert (entry.verb, entry.subject, entry.subject_id) == ("update", "scan", waits.id)
    assert (entry.before["status"], entry.after["status"], entry.after["run"]) == ("paused", "running", 2)
