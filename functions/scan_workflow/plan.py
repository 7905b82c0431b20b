"""*Plan chunks*: the first step of a run."""

from typing import Any

from functions.observability import get_logger
from functions.scan_workflow.inputs import RunInput
from functions.wiring import scan_workflow as wiring
from functions.wiring.clock import utc_now

logger = get_logger("plan")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: wiring.Invocation) -> dict[str, Any]:
    given = RunInput.model_validate(event)
    plan_scan = wiring.plan_scan()
    with wiring.metered("plan", project=given.project, scan=given.scan, context=context):
        planned = plan_scan(project=given.project, scan=given.scan, run=given.run, now=utc_now())
    return {
        "project": given.project,
        "scan": given.scan,
        "run": given.run,
        "bucket": plan_scan.results.bucket,
        "index_key": planned.index_key,
        "max_concurrency": planned.max_concurrency,
    }
