"""*Export*: writes the document that was asked for."""

from typing import Any

from functions.core.export import ExportStatus
from functions.observability import get_logger
from functions.usecases.consume_queue import Message, consume_queue
from functions.wiring import exporting as wiring

logger = get_logger("export")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Each message is {"project", "export"}."""
    return consume_queue(event, _export, on_error=_left_to_the_queue)


def _export(message: Message) -> None:
    done = wiring.write_export()(project=str(message.body["project"]), export=str(message.body["export"]))
    if done.status is ExportStatus.FAILED:
        logger.error("an export failed", export=done.id, reason=done.reason)
    else:
        logger.info("exported", export=done.id, rows=done.rows, size=done.size)


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not export", message_id=message, error=type(error).__name__, exc_info=error)
