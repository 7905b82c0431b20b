"""One tick of a network's schedule: it starts its scan, once, or says why not."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from functions.core.errors import Halted, InvalidInput, NotFound, ScanInProgress
from functions.core.last_tick import last_tick
from functions.core.model import Time
from functions.core.network import Network, Schedule
from functions.core.scan import Cause
from functions.core.tick import Tick, TickOutcome
from functions.store.networks import Networks
from functions.store.ticks import Ticks
from functions.usecases.start_scan import StartScan

PRINCIPAL = "schedule"
_TIME: TypeAdapter[datetime] = TypeAdapter(Time)


@dataclass(frozen=True, kw_only=True)
class RunTick:
    networks: Networks
    ticks: Ticks
    start_scan: StartScan

    def __call__(self, *, project: str, network: str, scheduled_time: str, sent: datetime, now: datetime) -> Tick:
        """The tick as recorded. A repeat of one that started its scan only heals a crash: the same scan, the same workflow.

        A repeat of any other changes nothing. `scheduled_time`: Scheduler's; where it is no time, the schedule's own
        last one before the message was `sent`. Raises Unavailable: the same tick may work later.
        """
        scheduled = self._scheduled(project, network, scheduled_time, sent)
        tick = Tick(project=project, network=network, scheduled=scheduled, recorded=now, outcome=TickOutcome.OFF)
        try:
            recorded = self.ticks.get(project, network, scheduled)
        except NotFound:
            return self.ticks.record(self._run(tick, now))
        if recorded.outcome is TickOutcome.STARTED:
            self._run(recorded, now)
        return recorded

    def _scheduled(self, project: str, network: str, text: str, sent: datetime) -> datetime:
        try:
            return _TIME.validate_python(text)
        except ValidationError:
            pass  # not every scheduler fills its time in
        try:
            found = self.networks.get(project, network)
            return last_tick(schedule_of(found), at=sent, since=found.updated)
        except NotFound:
            return sent

    def _run(self, tick: Tick, now: datetime) -> Tick:
        try:
            schedule_of(self.networks.get(tick.project, tick.network))
            scan = self._start(tick, now)
        except NotFound as error:
            return tick.model_copy(update={"outcome": TickOutcome.OFF, "reason": error.message})
        except ScanInProgress as error:
            live = str(error.current.get("scan", "")) or None
            return tick.model_copy(update={"outcome": TickOutcome.SKIPPED, "scan": live, "reason": error.message})
        except Halted as error:
            return tick.model_copy(update={"outcome": TickOutcome.HELD, "reason": error.message})
        except InvalidInput as error:
            reason = f"{error.field}: {error.message}"[:500]
            return tick.model_copy(update={"outcome": TickOutcome.REFUSED, "reason": reason})
        return tick.model_copy(update={"outcome": TickOutcome.STARTED, "scan": scan})

    def _start(self, tick: Tick, now: datetime) -> str:
        cause = Cause(kind="schedule", principal=PRINCIPAL, key=tick.scheduled.isoformat())
        scan = self.start_scan(
            project=tick.project, network=tick.network, cause=cause, cause_time=tick.scheduled, now=now
        )
        return scan.id


def schedule_of(network: Network) -> Schedule:
    """Raises NotFound for a network that is off, or without a schedule that is on."""
    if not network.enabled:
        raise NotFound(f"network {network.name!r} is off")
    if network.schedule is None or not network.schedule.enabled:
        raise NotFound(f"the schedule of network {network.name!r} is off")
    return network.schedule
