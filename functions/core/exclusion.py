"""What nobody in the organisation may scan, whatever a network or an authority says."""

from typing import Annotated

from pydantic import Field

from functions.core.model import Id, Model, Time

MAX_EXCLUSIONS = 50
"""All of them are part of every scan."""


class ExclusionDraft(Model):
    """`targets`: addresses, ranges and hostnames as in a network's exclusions; of any size."""

    targets: tuple[Annotated[str, Field(max_length=300)], ...] = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=500)


class Exclusion(ExclusionDraft):
    id: Id
    addresses: tuple[str, ...] = ()
    """What its hostnames had when it was made; each plan resolves them anew."""
    by: str = Field(max_length=128)
    created: Time
    version: int = Field(default=1, ge=1)
