"""The tenant."""

from pydantic import Field

from functions.core.model import Id, Model, Time


class Project(Model):
    id: Id
    name: str = Field(min_length=1, max_length=100)
    created: Time
    version: int = 1
