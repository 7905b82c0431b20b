"""What the API tells of the audit log."""

from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from functions.core.errors import InvalidInput
from functions.core.model import Model
from functions.core.seal import read_hour

Hour = Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}$", description="In UTC.")]


class AuditRecords(Model):
    items: tuple[dict[str, Any], ...] = Field(
        description="Each whole, as it is kept: what the seal's chain is made over."
    )
    next_cursor: str | None = Field(default=None, description="Null on the last page.")


def hour_in(text: str) -> datetime:
    """Raises InvalidInput."""
    try:
        return read_hour(text)
    except ValueError:
        raise InvalidInput("hour", "there is no such hour; give one as 2026-11-21T08") from None
