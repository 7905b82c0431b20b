"""*Tick*: the time of a network's schedule has come."""

from typing import Any

from pydantic import BaseModel

from functions.core.audit import Acting
from functions.core.model import Id
from functions.observability import get_logger
from functions.store.audit import acting
from functions.usecases.consume_queue import Message, consume_queue
from functions.usecases.run_tick import PRINCIPAL
from functions.wiring import scheduling as wiring
from functions.wiring.clock import utc_now

logger = get_logger("tick")


class TickInput(BaseModel):
    """`scheduled_time`: Scheduler's own time for the tick; a text that is no time where a scheduler does not fill it in."""

    project: Id
    network: Id
    scheduled_time: str


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return consume_queue(event, _tick, on_error=_left_to_the_queue)


def _tick(message: Message) -> None:
    given = TickInput.model_validate(message.body)
    with acting(Acting(principal=PRINCIPAL, kind="schedule", route="tick", request=message.id)):
        tick = wiring.run_tick()(
            project=given.project,
            network=given.network,
            scheduled_time=given.scheduled_time,
            sent=message.sent,
            now=utc_now(),
        )
    logger.info("ticked", network=tick.network, scheduled=tick.scheduled.isoformat(), outcome=tick.outcome.value)


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not tick", message_id=message, error=type(error).__name__, exc_info=error)
