"""The kill switch of a project or of the whole organisation, as long as it is set."""

from pydantic import Field

from functions.core.model import Model, Time

ORGANISATION = "ORG"


class Halt(Model):
    """No packet is sent and no scan begins where one is in force; what it stopped stays paused once it is released."""

    scope: str
    """A project's id, or `ORG`."""
    by: str = Field(max_length=256)
    why: str = Field(min_length=1, max_length=256)
    at: Time
    released: str = Field(default="", max_length=256)
    """Why it may go on: set by the release, just before the halt is gone, so that the audit log tells it."""

    def describe(self) -> str:
        whose = "the organisation" if self.scope == ORGANISATION else "the project"
        return f"{whose} is halted by {self.by} since {self.at:%Y-%m-%dT%H:%M:%SZ}: {self.why}"[:256]
