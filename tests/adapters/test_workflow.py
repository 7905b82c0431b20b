"""What is asked of Step Functions, and how its answers are read."""

import json

import boto3
import pytest
from botocore.stub import Stubber
from mypy_boto3_stepfunctions import SFNClient

from functions.adapters.workflow import Workflow
from functions.core.errors import Unavailable
from tests.platform_in_memory import START

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:scan"
EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:scan:SCAN-2"
REQUEST = {
    "stateMachineArn": MACHINE,
    "name": "SCAN-2",
    "input": json.dumps({"project": "PROJECT", "scan": "SCAN", "run": 2}),
}


@pytest.fixture(scope="module")
def client() -> SFNClient:
    return boto3.client(
        "stepfunctions", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def test_a_run_is_started_by_its_name_with_ids_only(client: SFNClient) -> None:
    with Stubber(client) as stub:
        stub.add_response("start_execution", {"executionArn": EXECUTION, "startDate": START}, REQUEST)
        Workflow(client, MACHINE).start(project="PROJECT", scan="SCAN", run=2)
        stub.assert_no_pending_responses()


def test_starting_what_was_started_is_success(client: SFNClient) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=REQUEST)
        Workflow(client, MACHINE).start(project="PROJECT", scan="SCAN", run=2)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["ThrottlingException", "ServiceUnavailable", "ExecutionLimitExceeded"])
def test_a_busy_service_may_be_asked_again(client: SFNClient, code: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", code)
        with pytest.raises(Unavailable):
            Workflow(client, MACHINE).start(project="PROJECT", scan="SCAN", run=2)


def test_the_status_is_the_executions_and_empty_where_there_is_none(client: SFNClient) -> None:
    workflow = Workflow(client, MACHINE)
    asked = {"executionArn": EXECUTION}
    with Stubber(client) as stub:
        found = {"executionArn": EXECUTION, "stateMachineArn": MACHINE, "startDate": START, "status": "ABORTED"}
        stub.add_response("describe_execution", found, asked)
        assert workflow.status(scan="SCAN", run=2) == "ABORTED"
        stub.add_client_error("describe_execution", "ExecutionDoesNotExist", expected_params=asked)
        assert workflow.status(scan="SCAN", run=2) == ""


def test_stopping_says_why_and_nothing_to_stop_is_success(client: SFNClient) -> None:
    workflow = Workflow(client, MACHINE)
    with Stubber(client) as stub:
        stub.add_response("stop_execution", {"stopDate": START}, {"executionArn": EXECUTION, "cause": "x" * 256})
        workflow.stop(scan="SCAN", run=2, cause="x" * 300)
        stub.add_client_error("stop_execution", "ExecutionDoesNotExist")
        workflow.stop(scan="SCAN", run=2, cause="late")
        stub.assert_no_pending_responses()
