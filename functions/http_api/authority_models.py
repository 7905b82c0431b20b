"""What the HTTP API takes and gives of authorities beyond the domain's own models."""

from pydantic import Field

from functions.core.model import Model, Time


class Revocation(Model):
    why: str = Field(min_length=1, max_length=500)


class Offer(Model):
    targets: tuple[str, ...]
    read: Time | None = Field(description="When the evidence was last looked at.")
