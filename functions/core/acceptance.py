"""An open port that somebody takes for part of the baseline."""

from datetime import datetime

from functions.core.exposure import PRESENT, Exposure


def accepted(exposure: Exposure, at: datetime) -> Exposure | None:
    """As if its opening had been first coverage; None where there is nothing to accept, or it was accepted before."""
    if exposure.state not in PRESENT or not exposure.answering or exposure.accepted is not None:
        return None
    opening = exposure.opening.model_copy(update={"baseline": True})
    changes = {"opening": opening, "confirmed": True, "reopened": 0, "accepted": at, "version": exposure.version + 1}
    return exposure.model_copy(update=changes)
