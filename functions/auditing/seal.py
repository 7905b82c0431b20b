"""*Seal*: every hour, chain what the audit log holds of the hours that have ended."""

from typing import Any

from functions.observability import get_logger
from functions.usecases.consume_queue import consume_queue
from functions.wiring import auditing as wiring
from functions.wiring.clock import utc_now

logger = get_logger("seal")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Each message is one turn of the clock; what it says is of no interest."""
    return consume_queue(event, lambda _message: _seal(), on_error=_left_to_the_queue)


def _seal() -> None:
    for hour in wiring.seal_audit()(now=utc_now()):
        logger.info("sealed", hour=hour.isoformat())


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not seal", message_id=message, error=type(error).__name__, exc_info=error)
