"""*Finish scan*: the last step of a run, and what ends a scan whose run ended some other way."""

import json
from collections.abc import Mapping
from typing import Any

from functions.observability import get_logger
from functions.scan_workflow.inputs import RunInput
from functions.usecases.consume_queue import Message, consume_queue
from functions.wiring import scan_workflow as wiring

logger = get_logger("finish")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: wiring.Invocation) -> dict[str, Any]:
    """Called by the workflow with ids, or with messages of its queue: ids again, or events of executions that ended badly."""
    if "Records" in event:
        return consume_queue(event, lambda message: _finish(_ended_run(message), context), on_error=_left_to_the_queue)
    return _finish(RunInput.model_validate(event), context)


def _finish(run: RunInput, context: wiring.Invocation) -> dict[str, Any]:
    finish_scan = wiring.finish_scan()
    with wiring.metered("finish", project=run.project, scan=run.scan, context=context) as note:
        scan = finish_scan(project=run.project, scan=run.scan, run=run.run, cause=run.reason, note=note)
        logger.info("finished", scan=scan.id, status=scan.status.value)
    return {"project": scan.project, "scan": scan.id, "run": scan.run, "status": scan.status.value}


def _ended_run(message: Message) -> RunInput:
    detail: Mapping[str, Any] | None = message.body.get("detail")
    if detail is None:
        return RunInput.model_validate(message.body)
    ids = json.loads(detail["input"])
    return RunInput.model_validate({**ids, "reason": f"the workflow ended early ({str(detail['status']).lower()})"})


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not finish", message_id=message, error=type(error).__name__, exc_info=error)
