"""A network: what may be scanned, how, when, and what of it is worth an alert."""

from typing import Literal

from pydantic import Field

from functions.core.model import Id, Model, Protocol, Time


class AlertSettings(Model):
    baseline: Literal["silent", "alert", "review"] = "silent"
    """What the first coverage of a cell raises: nothing but one summary, an alert, or an alert to review."""
    misses_to_close: int = Field(default=2, ge=1, le=10)


class Schedule(Model):
    """`expression`: `cron(...)` or `rate(...)` in EventBridge Scheduler's syntax; `timezone`: an IANA name."""

    expression: str = Field(max_length=256)
    timezone: str = Field(default="UTC", max_length=64)
    enabled: bool = True


class NetworkDraft(Model):
    """What the user gives; texts are parsed and validated by core.targets, core.ports and core.schedule."""

    name: str = Field(min_length=1, max_length=100)
    targets: tuple[str, ...] = Field(min_length=1, max_length=1000)
    exclusions: tuple[str, ...] = Field(default=(), max_length=1000)
    ports: str = Field(default="top-1000", max_length=4096)
    protocols: tuple[Protocol, ...] = Field(default=(Protocol.TCP,), min_length=1, max_length=2)
    profile: str = Field(default="standard", max_length=32)
    rate: int = Field(default=1000, ge=10, le=1_000_000)
    """The most packets per second that all scans of this network together may send."""
    schedule: Schedule | None = None
    alerts: AlertSettings = AlertSettings()


class Network(NetworkDraft):
    id: Id
    project: Id
    created: Time
    updated: Time
    version: int = Field(default=1, ge=1)
