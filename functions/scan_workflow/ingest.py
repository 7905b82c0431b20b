"""*Ingest chunk*: a saved result into the inventory."""

from typing import Any

from functions.observability import get_logger
from functions.scan_workflow.inputs import ChunkInput
from functions.wiring import scan_workflow as wiring
from functions.wiring.clock import utc_now

logger = get_logger("ingest")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: wiring.Invocation) -> dict[str, Any]:
    given = ChunkInput.model_validate(event)
    with wiring.metered("ingest", project=given.project, scan=given.scan, context=context):
        wiring.ingest_chunk()(project=given.project, scan=given.scan, chunk=given.chunk, now=utc_now())
    return {}
