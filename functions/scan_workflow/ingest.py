"""*Ingest chunk*: a saved result into the inventory."""

from typing import Any

from functions import wiring
from functions.observability import get_logger
from functions.scan_workflow.inputs import ChunkInput

logger = get_logger("ingest")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    given = ChunkInput.model_validate(event)
    wiring.ingest_chunk()(project=given.project, scan=given.scan, chunk=given.chunk, now=wiring.utc_now())
    return {}
