"""What a frame may be answered by, written by hand from the contract and not from the code that answers."""

import json
import re
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

ID = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
MAX_BYTES = 128 * 1024
INSIDE = re.compile(r"Traceback|botocore|boto3|dynamodb|arn:aws|pydantic|/var/task|errorMessage", re.IGNORECASE)
"""What only a leak of our insides would say."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Pong(_Strict):
    type: Literal["pong"]


class Failure(_Strict):
    type: Literal["error"]
    error: Literal["invalid-input", "not-found", "forbidden", "unauthenticated", "too-many-requests", "unavailable"]
    message: str = Field(min_length=1, max_length=1000)
    field: str = Field(max_length=200)


class Snapshot(_Strict):
    type: Literal["snapshot"]
    topic: str
    data: dict[str, Any]


class Event(_Strict):
    id: str = Field(pattern=ID)
    project: str = Field(pattern=ID)
    topic: str
    type: str = Field(min_length=1, max_length=60)
    time: AwareDatetime
    data: dict[str, Any]
    v: int = 1


_ANSWER: TypeAdapter[Pong | Failure | Snapshot | Event] = TypeAdapter(Pong | Failure | Snapshot | Event)


class NotOurs(Exception):
    """An answer of the gateway or of a function that fell."""


def read_answer(text: str | bytes, *, topics: tuple[str, ...]) -> Pong | Failure | Snapshot | Event:
    """Raises NotOurs for what only a failure says, ValueError for what breaks the contract; `topics` are all that may be told of."""
    if isinstance(text, bytes):
        raise ValueError("a binary answer")
    try:
        document = json.loads(text)
    except ValueError:
        raise NotOurs(text[:300]) from None
    if not isinstance(document, dict) or "connectionId" in document or "errorMessage" in document:
        raise NotOurs(text[:300])
    if len(text.encode()) > MAX_BYTES:
        raise ValueError("larger than a message may be")
    try:
        answer = _ANSWER.validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{text[:300]}: {error}") from None
    if isinstance(answer, Failure) and INSIDE.search(answer.message):
        raise ValueError(f"tells of our insides: {answer.message}")
    if isinstance(answer, (Snapshot, Event)) and answer.topic not in topics:
        raise ValueError(f"tells of another's {answer.topic}")
    return answer
