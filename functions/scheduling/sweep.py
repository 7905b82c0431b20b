"""*Sweep*: every few minutes, mend what crashes left behind."""

from typing import Any

from functions.core.audit import Acting
from functions.core.errors import Unavailable, VedetteError
from functions.observability import get_logger
from functions.store.audit import acting
from functions.usecases.consume_queue import Message, consume_queue
from functions.usecases.sweep import Mended
from functions.wiring import scheduling as wiring
from functions.wiring.clock import utc_now

logger = get_logger("sweep")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Each message is one turn of the clock; what it says is of no interest."""
    return consume_queue(event, _turn, on_error=_left_to_the_queue)


def _turn(message: Message) -> None:
    with acting(Acting(principal="sweep", kind="sweep", route="sweep", request=message.id)):
        _sweep()


def _sweep() -> None:
    """Raises Unavailable where a scan was left as it is: the queue tries again, and at last tells of it."""
    left: list[str] = []

    def not_mended(scan: str, error: VedetteError) -> None:
        logger.error("could not mend", scan=scan, error=error.slug, exc_info=error)
        left.append(scan)

    done = wiring.sweep()(now=utc_now(), on_error=not_mended)
    for scan, mended in done.items():
        if mended is not Mended.NOTHING:
            logger.info("mended", scan=scan, mended=mended.value)
    if left:
        raise Unavailable(f"{len(left)} scans could not be mended")


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not sweep", message_id=message, error=type(error).__name__, exc_info=error)
