"""*Sweep*: every few minutes, mend what crashes left behind."""

from typing import Any

from functions.core.errors import VedetteError
from functions.core.scan import Scan
from functions.observability import get_logger
from functions.usecases.consume_queue import consume_queue
from functions.usecases.sweep import Mended
from functions.wiring import scheduling as wiring
from functions.wiring.clock import utc_now

logger = get_logger("sweep")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Each message is one turn of the clock; what it says is of no interest."""
    return consume_queue(event, lambda _message: _sweep(), on_error=_left_to_the_queue)


def _sweep() -> None:
    done = wiring.sweep()(now=utc_now(), on_error=_not_mended)
    for scan, mended in done.items():
        if mended is not Mended.NOTHING:
            logger.info("mended", scan=scan, mended=mended.value)


def _not_mended(scan: Scan, error: VedetteError) -> None:
    logger.error("could not mend", scan=scan.id, error=error.slug, exc_info=error)


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not sweep", message_id=message, error=type(error).__name__, exc_info=error)
