"""The frames that clients and the live view exchange."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from functions.core.errors import InvalidInput, VedetteError
from functions.core.ids import PATTERN
from functions.core.model import Id, Model
from functions.core.roles import Permission

MAX_FRAME_CHARACTERS = 4096
_MOST_FIELD = 100
"""Characters of a field's name that an answer repeats: it is the client's own text."""
_ID = PATTERN.strip("^$")

Topic = Annotated[str, StringConstraints(pattern=f"^(scan|project):{_ID}$")]


class Subscribe(Model):
    """`project`: that of the ticket, if it is said at all. `since`: the last event seen."""

    action: Literal["subscribe"]
    topic: Topic
    project: Id | Literal[""] = ""
    since: Id | None = None


class Unsubscribe(Model):
    action: Literal["unsubscribe"]
    topic: Topic
    project: Id | Literal[""] = ""


class Ping(Model):
    action: Literal["ping"]


PERMISSIONS: Mapping[str, Permission | None] = {
    "subscribe": Permission.PROJECT_READ,
    "unsubscribe": Permission.PROJECT_READ,
    "ping": None,
}
"""What each action needs in the project of its topic; None: only a connection."""

Frame = Annotated[Subscribe | Unsubscribe | Ping, Field(discriminator="action")]
_FRAME: TypeAdapter[Subscribe | Unsubscribe | Ping] = TypeAdapter(Frame)


def read_frame(text: str) -> Subscribe | Unsubscribe | Ping:
    """Raises InvalidInput, naming the field."""
    if len(text) > MAX_FRAME_CHARACTERS:
        raise InvalidInput("frame", f"a frame has at most {MAX_FRAME_CHARACTERS} characters")
    try:
        return _FRAME.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if fault["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            raise InvalidInput("action", f"give one of {', '.join(PERMISSIONS)}") from None
        path = ".".join(str(part) for part in fault["loc"] if part not in PERMISSIONS)
        raise InvalidInput(path[:_MOST_FIELD] or "frame", fault["msg"]) from None


def snapshot(topic: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "snapshot", "topic": topic, "data": dict(data)}


def failure(error: VedetteError) -> dict[str, Any]:
    field = error.field if isinstance(error, InvalidInput) else ""
    return {"type": "error", "error": error.slug, "message": error.message, "field": field}


PONG = {"type": "pong"}
