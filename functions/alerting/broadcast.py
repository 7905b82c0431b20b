"""Consumer of a table's stream: live events to WebSocket clients."""

from typing import Any

from functions.alerting.report import answer
from functions.observability import get_logger
from functions.wiring import alerting as wiring

logger = get_logger("broadcast")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return answer("broadcast", wiring.broadcast()(event), logger)
