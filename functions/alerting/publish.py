"""Consumer of a table's stream: changed alerts, scans and networks to the bus and to live events."""

from typing import Any

from functions.alerting.report import answer
from functions.observability import get_logger
from functions.wiring import alerting as wiring

logger = get_logger("publish")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return answer("publish", wiring.publish()(event), logger)
