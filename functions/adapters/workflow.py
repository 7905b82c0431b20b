"""Step Functions: one execution for each run of a scan, named `{scan}-{run}`, told ids only."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_MAX_CAUSE = 256


class Workflow:
    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, *, project: str, scan: str, run: int) -> None:
        """Start the run; starting it again changes nothing. Raises Unavailable when the same call may work later.

        The name carries the scan and run, so an execution that is there already has this very input.
        """
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn,
                name=f"{scan}-{run}",
                input=json.dumps({"project": project, "scan": scan, "run": run}),
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (ClientError, BotoCoreError) as error:
            raise Unavailable("the scan is recorded but its workflow could not be started; ask again") from error

    def status(self, *, scan: str, run: int) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; empty when the run was never started."""
        try:
            return self._client.describe_execution(executionArn=self._execution_arn(scan, run))["status"]
        except self._client.exceptions.ExecutionDoesNotExist:
            return ""

    def stop(self, *, scan: str, run: int, cause: str) -> None:
        """Abort the run: the backstop, for a workflow that did not end by itself. Nothing to stop is success."""
        try:
            self._client.stop_execution(executionArn=self._execution_arn(scan, run), cause=cause[:_MAX_CAUSE])
        except self._client.exceptions.ExecutionDoesNotExist:
            return

    def _execution_arn(self, scan: str, run: int) -> str:
        return f"{self._state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{scan}-{run}"
