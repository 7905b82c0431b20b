"""*Deliver*: alerts to channels, as the bus tells of them, each minute for what waits, and when somebody asks."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from functions.core.model import Id, Time
from functions.delivery.report import report
from functions.observability import get_logger
from functions.usecases.consume_queue import Message, consume_queue
from functions.wiring import delivery as wiring
from functions.wiring.clock import utc_now

logger = get_logger("deliver")


class AlertDetail(BaseModel):
    """As much of an alert as says which it is: how it stands is read anew."""

    project: Id
    id: Id


class AlertEvent(BaseModel):
    detail_type: Literal["alert.raised", "alert.changed"] = Field(alias="detail-type")
    detail: AlertDetail

    def handle(self, now: datetime) -> int:
        return wiring.deliver().alert(self.detail.project, self.detail.id, now=now)


class EndingEvent(BaseModel):
    detail_type: Literal["exception.ending"] = Field(alias="detail-type")
    time: Time
    detail: dict[str, Any]

    def handle(self, now: datetime) -> int:
        return wiring.deliver().notice(str(self.detail["project"]), self.detail, at=self.time, now=now)


class Turn(BaseModel):
    """Of the clock, each minute."""

    detail_type: Literal["Scheduled Event"] = Field(alias="detail-type")

    def handle(self, now: datetime) -> int:
        return wiring.deliver().due(now=now)


class Test(BaseModel):
    """Sent by the API."""

    detail_type: Literal["channel.test"] = Field(alias="detail-type")
    project: Id
    channel: Id
    message: str

    def handle(self, now: datetime) -> int:
        wiring.deliver().test(self.project, self.channel, self.message, now=now)
        return 0


class Again(BaseModel):
    """Sent by the API."""

    detail_type: Literal["channel.resend"] = Field(alias="detail-type")
    project: Id
    channel: Id
    subjects: tuple[Id, ...]

    def handle(self, now: datetime) -> int:
        return wiring.deliver().again(self.project, self.channel, self.subjects, now=now)


Told = Annotated[AlertEvent | EndingEvent | Turn | Test | Again, Field(discriminator="detail_type")]
_TOLD: TypeAdapter[Told] = TypeAdapter(Told)


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return consume_queue(event, _deliver, on_error=_left_to_the_queue)


def _deliver(message: Message) -> None:
    told = _TOLD.validate_python(message.body)
    report(told.handle(utc_now()), logger)


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not deliver", message_id=message, error=type(error).__name__, exc_info=error)
