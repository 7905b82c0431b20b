"""A network: what may be scanned, how, when, and what of it is worth an alert."""

from typing import Annotated, Literal

from pydantic import Field

from functions.core.alert import AlertType, Severity
from functions.core.host_discovery import NOBODY, HostDiscovery
from functions.core.model import Id, Model, Protocol, Time
from functions.core.scripts import ScriptChoice
from functions.core.window import Window


class Flapping(Model):
    """An exposure flaps that opened and closed `changes` times in all within `window_hours`, until it is quiet for as long."""

    changes: int = Field(default=4, ge=2, le=16)
    window_hours: int = Field(default=168, ge=1, le=2160)


class SeverityOverride(Model):
    """The first that fits decides; what is left empty fits everything."""

    type: AlertType | None = None
    ports: str = Field(default="", max_length=1024)
    protocol: Protocol | None = None
    service: str = Field(default="", max_length=128)
    severity: Severity


class AlertSettings(Model):
    baseline: Literal["silent", "alert", "review"] = "silent"
    """What the first coverage of a cell raises: nothing but one summary, an alert, or an alert to review."""
    misses_to_close: int = Field(default=2, ge=1, le=10)
    reopen_window_hours: int = Field(default=168, ge=0, le=2160)
    """A port that opens again within it goes on with the alert that it had."""
    flapping: Flapping = Flapping()
    confirm: tuple[AlertType, ...] = Field(default=(AlertType.NEW_PORT, AlertType.BLOCKED), max_length=2)
    """Types that are raised only after a second, slower look has seen the port open too."""
    silent: tuple[AlertType, ...] = Field(default=(), max_length=10)
    """Types that this network never raises."""
    severities: tuple[SeverityOverride, ...] = Field(default=(), max_length=100)
    skips_to_alert: int = Field(default=3, ge=1, le=100)
    """So many ticks skipped in a row make the network not watched."""


class Schedule(Model):
    """`expression`: `cron(...)` or `rate(...)` in EventBridge Scheduler's syntax; `timezone`: an IANA name."""

    expression: str = Field(max_length=256)
    timezone: str = Field(default="UTC", max_length=64)
    enabled: bool = True


TAG = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"


DeadlineMinutes = Annotated[int, Field(ge=1, le=10_080)]


class NetworkDraft(Model):
    """What the user gives; texts are parsed and validated by core.targets, core.ports and core.schedule."""

    name: str = Field(min_length=1, max_length=100)
    targets: tuple[str, ...] = Field(min_length=1, max_length=1000)
    exclusions: tuple[str, ...] = Field(default=(), max_length=1000)
    ports: str = Field(default="top-1000", max_length=4096)
    protocols: tuple[Protocol, ...] = Field(default=(Protocol.TCP,), min_length=1, max_length=2)
    profile: str = Field(default="standard", max_length=32)
    scripts: ScriptChoice = ScriptChoice()
    """nmap scripts that are run on open ports, from the list of docs/worker.md."""
    host_discovery: HostDiscovery = NOBODY
    """Whether hosts are asked if they are there before their ports are; nobody is, and each cell is asked, where left out."""
    os_detection: bool = False
    """Whether nmap guesses the systems of hosts with open TCP ports; in profile `thorough` it always does."""
    rate: int = Field(default=1000, ge=10, le=1_000_000)
    """The most packets per second that all scans of this network together may send."""
    deadline_minutes: DeadlineMinutes | None = None
    """In which a scan is to be done, as the estimate expects it: it is cut for as many tasks as that takes. What no number of
    them would do is refused by previews and estimates, and a scan of it is cut for the shortest time, and says so. Left out:
    as cheaply as can be without being much slower than the fastest. Nothing is stopped by it."""
    schedule: Schedule | None = None
    window: Window | None = None
    """When it may be scanned; a scan that meets the end goes on by itself in the next one. Always, where left out."""
    alerts: AlertSettings = AlertSettings()
    tags: tuple[Annotated[str, Field(pattern=TAG)], ...] = Field(default=(), max_length=32)
    enabled: bool = True
    """A network that is off is neither scanned nor watched; what is known of it stays."""


class Network(NetworkDraft):
    id: Id
    project: Id
    created: Time
    updated: Time
    version: int = Field(default=1, ge=1)


class NetworkPatch(Model):
    """Some of a network's settings; what is left out stays. `schedule`, `window`, `deadline_minutes`: `none` takes it away."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    targets: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=1000)
    exclusions: tuple[str, ...] | None = Field(default=None, max_length=1000)
    ports: str | None = Field(default=None, max_length=4096)
    protocols: tuple[Protocol, ...] | None = Field(default=None, min_length=1, max_length=2)
    profile: str | None = Field(default=None, max_length=32)
    scripts: ScriptChoice | None = None
    host_discovery: HostDiscovery | None = None
    os_detection: bool | None = None
    rate: int | None = Field(default=None, ge=10, le=1_000_000)
    deadline_minutes: DeadlineMinutes | Literal["none"] | None = None
    schedule: Schedule | Literal["none"] | None = None
    window: Window | Literal["none"] | None = None
    tags: tuple[Annotated[str, Field(pattern=TAG)], ...] | None = Field(default=None, max_length=32)
    enabled: bool | None = None
    alerts: AlertSettings | None = None


class CloneDraft(Model):
    """`targets`: those of the original where left out."""

    name: str = Field(min_length=1, max_length=100)
    targets: tuple[str, ...] = Field(default=(), max_length=1000)
