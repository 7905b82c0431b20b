"""The inventory record of an asset."""

from typing import Annotated

from pydantic import Field

from functions.core.model import Id, Model, Time
from functions.core.network import TAG


class Host(Model):
    project: Id
    network: Id
    asset: str
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = Field(default=(), max_length=16)
    """From PTR records."""
    certificate_names: tuple[str, ...] = Field(default=(), max_length=32)
    name: str = Field(default="", max_length=253)
    """Given by a user."""
    comment: str = Field(default="", max_length=1024)
    tags: tuple[str, ...] = Field(default=(), max_length=32)
    mac: str = ""
    vendor: str = ""
    os: str = Field(default="", max_length=256)
    """A guess, where the profile asks for one."""
    up: bool = True
    reason: str = Field(default="", max_length=64)
    """What showed that it is up, or not: the tool's own word."""
    baseline: bool = True
    """First seen by the first coverage of its addresses."""
    scan: str = ""
    """The scan of the last change."""
    answers_everything: Time | None = None
    """Since when it answers on so many ports without a service that its ports say nothing."""
    everything_ports: tuple[str, ...] = Field(default=(), max_length=1024)
    """The spans of ports that showed it, one for each chunk that did."""
    accepted: Time | None = None
    """When somebody took it, as it was then, for part of the baseline."""
    accepted_by: str = ""
    edited: Time | None = None
    """When somebody last said something of it."""
    edited_by: str = ""
    noticed: Time | None = None
    """When it was first seen, as far as was known when it was written first: its alert goes by it, whatever is learnt later."""
    first_seen: Time
    last_changed: Time
    version: int = Field(default=1, ge=1)


class HostPatch(Model):
    """What users say of a host; what is left out stays."""

    name: str | None = Field(default=None, max_length=253)
    comment: str | None = Field(default=None, max_length=1024)
    tags: tuple[Annotated[str, Field(pattern=TAG)], ...] | None = Field(default=None, max_length=32)
