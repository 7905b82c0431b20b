"""Consumer of a table's stream: changed exposures to alerts."""

from typing import Any

from functions import wiring
from functions.alerting.report import answer
from functions.observability import get_logger

logger = get_logger("evaluate")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return answer("evaluate", wiring.evaluate()(event), logger)
