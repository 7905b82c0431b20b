"""*Record source*: a task has started; the public addresses that it sends from are kept."""

from typing import Any

from functions.observability import get_logger
from functions.usecases.consume_queue import Message, consume_queue
from functions.usecases.record_source import StartedTask
from functions.wiring import auditing as wiring

logger = get_logger("source")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return consume_queue(event, _record, on_error=_left_to_the_queue)


def _record(message: Message) -> None:
    task = StartedTask.of(message.body["detail"])
    addresses = wiring.record_source()(task)
    logger.info("recorded", scan=task.scan, chunk=task.chunk, addresses=list(addresses))


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not record", message_id=message, error=type(error).__name__, exc_info=error)
