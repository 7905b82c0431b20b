"""What the steps read out of what the state machine hands to them."""

import json
from typing import Any

import pytest

from functions.scan_workflow.inputs import EndedTaskInput, FailedChunkInput
from tests.core.specs import PROJECT, SCAN

CHUNK = {"project": PROJECT, "scan": SCAN, "run": 1, "chunk": "00000"}
INTERRUPTED = {
    "StopCode": "SpotInterruption",
    "StoppedReason": "Your Spot Task was interrupted.",
    "LastStatus": "STOPPED",
}


@pytest.mark.parametrize(
    ("task", "taken_back"),
    [
        (INTERRUPTED, True),
        ({"Error": "States.TaskFailed", "Cause": json.dumps(INTERRUPTED)}, True),
        ({"StopCode": "EssentialContainerExited"}, False),
        ({"Error": "States.TaskFailed", "Cause": json.dumps({"StopCode": "UserInitiated"})}, False),
        ({"Error": "AmazonECS.Unknown", "Cause": "Capacity is unavailable at this time: SpotInterruption"}, False),
        ({"Error": "States.Timeout", "Cause": ""}, False),
        ({"Error": "States.TaskFailed", "Cause": "[1]"}, False),
        ({}, False),
    ],
)
def test_a_task_was_taken_back_where_ecs_says_so(task: dict[str, Any], taken_back: bool) -> None:
    assert EndedTaskInput.model_validate(CHUNK | {"task": task}).taken_back is taken_back


def test_no_task_is_none_that_was_taken_back() -> None:
    assert not EndedTaskInput.model_validate(CHUNK).taken_back


def test_why_a_chunk_failed_is_the_step_that_failed_or_its_task() -> None:
    task = {"Error": "States.Timeout", "Cause": ""}
    assert FailedChunkInput.model_validate(CHUNK | {"task": task, "error": {"Error": "Corrupt"}}).why == "Corrupt"
    assert FailedChunkInput.model_validate(CHUNK | {"task": task}).why == "States.Timeout"
    assert FailedChunkInput.model_validate(CHUNK | {"task": {"StopCode": "x"}}).why.startswith("no attempt of run 1")
