"""The bases of every domain and wire model: frozen, strict about unknown fields, UTC times."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from functions.core.ids import PATTERN


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time that UTC has no year for") from None


Time = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An instant: RFC 3339 on the wire, always UTC."""

Id = Annotated[str, StringConstraints(pattern=PATTERN)]
"""A ULID."""


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"
