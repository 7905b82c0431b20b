"""The end of a scan by message: an execution that ended badly, or the sweeper's word."""

import json
from typing import Any

from functions.core.ids import new_id
from functions.core.scan import Scan
from functions.scan_workflow import finish
from functions.wiring.clock import utc_now
from tests.backend import Backend
from tests.scan_workflow.rehearsal import LambdaContext, Rehearsal


def a_message(body: dict[str, Any]) -> dict[str, Any]:
    return {"messageId": "m1", "body": json.dumps(body), "attributes": {"SentTimestamp": "1795248000000"}}


def an_ending(scan: Scan, status: str) -> dict[str, Any]:
    """EventBridge's event of an execution's change of status."""
    ids = {"project": scan.project, "scan": scan.id, "run": scan.run}
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"name": f"{scan.id}-{scan.run}", "status": status, "input": json.dumps(ids)},
    }


def told(*bodies: dict[str, Any]) -> dict[str, Any]:
    return finish.handler({"Records": [a_message(body) for body in bodies]}, LambdaContext())


def test_an_aborted_execution_ends_its_scan_with_what_was_found(backend: Backend, rehearsal: Rehearsal) -> None:
    rehearsal.worker.truth = {("10.0.0.1", 22)}
    scan = backend.scan(backend.network(rate=10, profile="discovery"))
    items = rehearsal.plan(scan)
    rehearsal.worker(items[0])
    assert told(an_ending(scan, "ABORTED")) == {"batchItemFailures": []}
    ended = backend.reread(scan)
    assert (ended.status, ended.counts.chunks_ingested) == ("partial", 1)
    assert "the workflow ended early (aborted)" in ended.reason


def test_an_execution_that_ended_after_its_scan_changes_nothing(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network())
    rehearsal.run(scan)
    ended = backend.reread(scan)
    told(an_ending(scan, "FAILED"))
    assert backend.reread(scan) == ended


def test_of_a_scan_that_was_deleted_no_use_is_noted(backend: Backend, rehearsal: Rehearsal) -> None:
    project, gone = backend.scan(backend.network()).project, new_id(utc_now())
    told({"project": project, "scan": gone, "run": 1})
    assert backend.ledger.metered(project, gone) == {}


def test_the_sweepers_word_carries_its_reason(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network())
    told({"project": scan.project, "scan": scan.id, "run": 1, "reason": "the workflow could not be started"})
    assert backend.reread(scan).reason == "the workflow could not be started"


def test_a_message_that_names_no_scan_is_left_to_the_queue(backend: Backend, rehearsal: Rehearsal) -> None:
    assert told({"detail": {"status": "FAILED", "input": "{}"}}) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
