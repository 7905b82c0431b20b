"""*Admit chunk*: the gate before every task."""

from typing import Any

from functions.observability import get_logger
from functions.scan_workflow.inputs import WaitingChunkInput
from functions.wiring import scan_workflow as wiring
from functions.wiring.clock import utc_now

logger = get_logger("admit")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: wiring.Invocation) -> dict[str, Any]:
    given = WaitingChunkInput.model_validate(event)
    waited = given.waits > 0
    with wiring.metered("admit", project=given.project, scan=given.scan, context=context, waited=waited):
        admission = wiring.admit_chunk()(
            project=given.project, scan=given.scan, run=given.run, chunk=given.chunk, waits=given.waits, now=utc_now()
        )
        decision = admission.decision.value
        logger.info("admitted", scan=given.scan, chunk=given.chunk, decision=decision, seconds=admission.seconds)
    return {
        "decision": decision,
        "seconds": admission.seconds,
        "waits": admission.waits,
        "capacity": [{"CapacityProvider": admission.capacity, "Weight": 1}],
    }
