"""Why a live scan is asked to stop, and what it comes to then: held, to go on later, or at its end."""

from enum import StrEnum


class Stop(StrEnum):
    CANCEL = "cancel"
    PAUSE = "pause"
    HALT = "halt"
    """The kill switch of its project or of the organisation."""
    AUTHORITY = "authority"
    """An authority that it leans on has ended or was revoked."""
    WINDOW = "window"
    """The hours in which its network may be scanned are over."""
    BUDGET = "budget"
    """No packets were to be had from the budgets of its project and network for a long time."""
    MONEY = "money"
    """Its next task might cost more than what is left for it, or for its project in this month."""


HOLDS = frozenset({Stop.PAUSE, Stop.HALT, Stop.WINDOW, Stop.BUDGET, Stop.MONEY})
"""The scan is paused, and its unfinished chunks wait for the next run; every other stop ends it."""

BY_ITSELF = frozenset({Stop.WINDOW, Stop.BUDGET})
"""Held until `resume_at`; what a person stopped, a person resumes."""
