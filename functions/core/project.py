"""The tenant."""

from pydantic import Field

from functions.core.model import Id, Model, Time


class Limits(Model):
    """What all running chunks of a project share; None knows no bound but that of its networks."""

    rate: int | None = Field(default=None, ge=10, le=10_000_000, description="Packets a second.")
    max_tasks: int | None = Field(default=None, ge=1, le=10_000, description="Tasks at once.")


class Project(Model):
    id: Id
    name: str = Field(min_length=1, max_length=100)
    created: Time
    admins: int = Field(default=0, description="How many members are admins.")
    limits: Limits = Limits()
    version: int = 1
