"""*Record failure*: a chunk is given up."""

from typing import Any

from functions.observability import get_logger
from functions.scan_workflow.inputs import FailedChunkInput
from functions.wiring import scan_workflow as wiring
from functions.wiring.clock import utc_now

logger = get_logger("record_failure")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: wiring.Invocation) -> dict[str, Any]:
    given = FailedChunkInput.model_validate(event)
    with wiring.metered("record_failure", project=given.project, scan=given.scan, context=context):
        wiring.record_failure()(
            project=given.project, scan=given.scan, run=given.run, chunk=given.chunk, reason=given.why, now=utc_now()
        )
    return {}
