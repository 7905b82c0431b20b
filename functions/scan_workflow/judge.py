"""*Judge attempt*: what to do about a chunk whose task has ended."""

from typing import Any

from functions.observability import get_logger
from functions.scan_workflow.inputs import EndedTaskInput
from functions.wiring import scan_workflow as wiring
from functions.wiring.clock import utc_now

logger = get_logger("judge")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: wiring.Invocation) -> dict[str, Any]:
    given = EndedTaskInput.model_validate(event)
    with wiring.metered("judge", project=given.project, scan=given.scan, context=context):
        verdict = wiring.judge_attempt()(
            project=given.project,
            scan=given.scan,
            run=given.run,
            chunk=given.chunk,
            now=utc_now(),
            taken_back=given.taken_back,
        )
        logger.info("judged", scan=given.scan, chunk=given.chunk, verdict=verdict.value)
    return {"verdict": verdict.value}
