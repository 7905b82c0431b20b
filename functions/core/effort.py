"""What an attempt says of its own work: where its time went."""

from typing import Literal

from pydantic import Field

from functions.core.model import Model

Phase = Literal["discovery", "recheck", "verification", "identification", "upload"]


class PhaseTime(Model):
    """`wall_s`: from the phase's first start to its last end; `busy_s`: the sum over its runs.

    Busy is more than wall where runs went side by side, and less where the phase waited. Phases overlap.
    """

    phase: Phase
    wall_s: float = Field(ge=0)
    busy_s: float = Field(ge=0)
