"""What an attempt says of its own work: where its time went, and what a second look showed of the first."""

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


UNSURE = 0.02
"""Of the open ports: where more may be missed, silence is no answer."""


class Sampled(Model):
    """What probing a sample of a chunk's cells again showed of how the rest were probed."""

    rate: int = Field(ge=0)
    """Packets a second of the last full pass."""
    passes: int = Field(ge=0)
    """How many times every cell was asked at a rate that the path bore."""
    known: int = Field(ge=0)
    """Answers that were to come again."""
    lost: int = Field(ge=0)
    """Those of them that did not."""
    miss_rate: float | None = Field(ge=0, le=1)
    """The share of open ports that all passes together are expected to have missed: the sample's loss to the power of the passes, or that
    of the open ports that were known before a pass, where only refusals were lost. None where no answer was known to come again."""

    @property
    def is_sure(self) -> bool:
        return self.miss_rate is None or self.miss_rate <= UNSURE
