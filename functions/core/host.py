"""The inventory record of an asset."""

from pydantic import Field

from functions.core.model import Id, Model, Time


class Host(Model):
    project: Id
    network: Id
    asset: str
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = Field(default=(), max_length=16)
    mac: str = ""
    vendor: str = ""
    up: bool = True
    first_seen: Time
    last_changed: Time
    version: int = Field(default=1, ge=1)
