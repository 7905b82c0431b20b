"""Whether a network is watched as its schedule says, and the comings and goings of what is wrong with it as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from functions.core.alert import AlertType
from functions.core.errors import NotFound
from functions.core.last_tick import last_tick
from functions.core.model import Id, Model, Time
from functions.core.network import Network
from functions.core.scan import Scan, ScanStatus
from functions.core.tick import Tick, TickOutcome

LEAST_GRACE = timedelta(hours=2)
GOOD = frozenset({ScanStatus.COMPLETED, ScanStatus.PARTIAL})
"""The ends of a scan that has looked at something."""


class Watch(Model):
    """One kind of trouble of one network. `since` is None while there is none."""

    project: Id
    network: Id
    type: AlertType
    episode: int = Field(default=0, ge=0)
    """How often it has come about."""
    since: Time | None = None
    count: int = Field(default=0, ge=0)
    """How often within the present episode."""
    last: str = ""
    """What was counted last: a scan's id, or the time that was missed."""
    version: int = Field(default=0, ge=0)

    def came(self, at: datetime, cause: str) -> "Watch":
        """Itself where this very cause was counted before."""
        if self.since is not None and cause == self.last:
            return self
        if self.since is None:
            begun = {"episode": self.episode + 1, "since": at, "count": 1}
        else:
            begun = {"count": self.count + 1}
        return self.model_copy(update={**begun, "last": cause, "version": self.version + 1})

    def went(self) -> "Watch":
        if self.since is None:
            return self
        return self.model_copy(update={"since": None, "count": 0, "version": self.version + 1})


@dataclass(frozen=True)
class Missed:
    """Why a network is not watched. `cause`: the due time or the tick that tells one time of missing from the next."""

    cause: str
    text: str


def missed(network: Network, *, last_good: Scan | None, ticks: Sequence[Tick], now: datetime) -> Missed | None:
    """`last_good`: the last whole scan that ended well; `ticks`: the newest first. None: it is watched, or need not be."""
    if not network.enabled or network.schedule is None or not network.schedule.enabled:
        return None
    ended = last_good.ended if last_good else None
    return _skipped(network, ticks, ended) or _overdue(network, ended, now)


def _overdue(network: Network, ended: datetime | None, now: datetime) -> Missed | None:
    """A due time before the schedule stood as it is now does not count."""
    due = _due(network, now)
    if due is None or due <= network.updated or (ended is not None and ended >= due):
        return None
    return Missed(due.isoformat(), f"Network {network.name!r} was due at {_time(due)} and {_since(ended)}")


def _skipped(network: Network, ticks: Sequence[Tick], ended: datetime | None) -> Missed | None:
    wanted = network.alerts.skips_to_alert
    last = tuple(ticks[:wanted])
    if len(last) < wanted or any(tick.outcome is not TickOutcome.SKIPPED for tick in last):
        return None
    if ended is not None and ended >= last[-1].scheduled:
        return None
    first = _time(last[-1].scheduled)
    text = (
        f"The last {wanted} times that the schedule of network {network.name!r} was due, from {first} on, "
        f"were skipped: an earlier scan was still live. {_since(ended).capitalize()}"
    )
    return Missed(last[-1].scheduled.isoformat(), text)


def _due(network: Network, now: datetime) -> datetime | None:
    """The last due time whose grace is over; None where there is none."""
    schedule = network.schedule
    if schedule is None:
        return None
    try:
        latest = last_tick(schedule, at=now, since=network.updated)
        before = last_tick(schedule, at=latest - timedelta(seconds=1), since=network.updated)
        grace = max(LEAST_GRACE, (latest - before) / 4)
        return last_tick(schedule, at=now - grace, since=network.updated)
    except NotFound:
        return None


def _since(ended: datetime | None) -> str:
    return f"its last scan ended at {_time(ended)}." if ended else "no scan of it has ended yet."


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def is_whole(scan: Scan, network: Network) -> bool:
    """Whether the scan looked at all of the network as it stands, not at a part of it."""
    return (
        scan.kind == "scan"
        and set(network.targets) <= set(scan.snapshot.targets)
        and scan.snapshot.ports == network.ports
        and set(network.protocols) <= set(scan.snapshot.protocols)
    )
