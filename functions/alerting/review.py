"""*Review*: what must be looked at as a whole: a network, an ended scan, and what has become due, each minute."""

import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, TypeAdapter

from functions.core.audit import Acting
from functions.core.errors import Corrupt, NotFound
from functions.core.model import Id
from functions.observability import get_logger
from functions.store.audit import acting
from functions.usecases.consume_queue import Message, consume_queue
from functions.usecases.consume_stream import try_again
from functions.wiring import review as wiring

logger = get_logger("review")

WATCHES_EVERY = 10
"""Minutes."""


class OfNetwork(BaseModel):
    """After new rules or settings; `asset`: only this one."""

    kind: Literal["network"]
    project: Id
    network: Id
    cause: str = ""
    cursor: str = ""
    asset: str = ""

    def handle(self) -> None:
        following = wiring.review_network()(
            project=self.project, network=self.network, cursor=self.cursor, asset=self.asset
        )
        if following:
            wiring.reviews().send({**self.model_dump(), "cursor": following})


class OfScan(BaseModel):
    """After its end."""

    kind: Literal["scan"]
    project: Id
    network: Id
    scan: Id
    cursor: str = ""

    def handle(self) -> None:
        following = wiring.review_scan()(project=self.project, scan=self.scan, cursor=self.cursor)
        if following:
            wiring.reviews().send({**self.model_dump(), "cursor": following})


class OfWatches(BaseModel):
    """Whether the networks of a project are watched as their schedules say."""

    kind: Literal["watches"]
    project: Id
    cursor: str = ""

    def handle(self) -> None:
        following = wiring.review_watches()(project=self.project, cursor=self.cursor)
        if following:
            wiring.reviews().send({**self.model_dump(), "cursor": following})


class OfProjects(BaseModel):
    """All projects' networks, one message for each project."""

    kind: Literal["projects"]
    cursor: str = ""

    def handle(self) -> None:
        page = wiring.projects().list(cursor=self.cursor)
        for project in page.items:
            wiring.reviews().send({"kind": "watches", "project": project.id})
        if page.next_cursor:
            wiring.reviews().send({"kind": "projects", "cursor": page.next_cursor})


class Due(BaseModel):
    """The clock's turn, each minute; what else the message says is of no interest."""

    def handle(self) -> None:
        while wiring.review_endings()():
            pass
        if wiring.now().minute % WATCHES_EVERY == 0:
            wiring.reviews().send({"kind": "projects"})


def _kind(body: Any) -> str:
    return str(body.get("kind", "due"))


_MESSAGES: TypeAdapter[OfNetwork | OfScan | OfWatches | OfProjects | Due] = TypeAdapter(
    Annotated[
        Annotated[OfNetwork, Tag("network")]
        | Annotated[OfScan, Tag("scan")]
        | Annotated[OfWatches, Tag("watches")]
        | Annotated[OfProjects, Tag("projects")]
        | Annotated[Due, Tag("due")],
        Field(discriminator=Discriminator(_kind)),
    ]
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return consume_queue(event, _review, on_error=_left_to_the_queue)


def _review(message: Message) -> None:
    wanted = _MESSAGES.validate_python(dict(message.body))
    try:
        with acting(Acting(principal="review", kind="review", route="review", request=message.id)):
            # Two reviews may meet at an alert: the queue would show the message again only minutes later.
            try_again(wanted.handle, final=(Corrupt, NotFound), pause=time.sleep)
    except NotFound as error:
        # It was deleted since the message was sent.
        logger.info("nothing to review", of=_kind(message.body), reason=error.message)


def _left_to_the_queue(message: str, error: Exception) -> None:
    logger.error("could not review", message_id=message, error=type(error).__name__, exc_info=error)
