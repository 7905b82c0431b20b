"""The tenant."""

from pydantic import Field

from functions.core.model import Id, Model, Time


class Limits(Model):
    """What all running chunks of a project share; None knows no bound but that of its networks."""

    rate: int | None = Field(default=None, ge=10, le=10_000_000, description="Packets a second.")
    max_tasks: int | None = Field(default=None, ge=1, le=10_000, description="Tasks at once.")
    usd_a_scan: float | None = Field(default=None, gt=0, le=1_000_000, description="The most that one scan may cost.")
    usd_a_month: float | None = Field(
        default=None, gt=0, le=1_000_000, description="The most that all scans of a month (UTC) may cost."
    )


class Project(Model):
    id: Id
    name: str = Field(min_length=1, max_length=100)
    created: Time
    admins: int = Field(default=0, description="How many members are admins.")
    limits: Limits = Limits()
    version: int = 1
