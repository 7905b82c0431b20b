"""*Record failure*: a chunk is given up."""

from typing import Any

from functions import wiring
from functions.observability import get_logger
from functions.scan_workflow.inputs import FailedChunkInput

logger = get_logger("record_failure")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    given = FailedChunkInput.model_validate(event)
    wiring.record_failure()(
        project=given.project, scan=given.scan, chunk=given.chunk, reason=given.why, now=wiring.utc_now()
    )
    return {}
