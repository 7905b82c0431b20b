"""One tick of a network's schedule: it starts its scan, once, or says why not."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.errors import InvalidInput, NotFound, ScanInProgress
from functions.core.network import Network, Schedule
from functions.core.scan import Cause
from functions.core.tick import Tick, TickOutcome
from functions.store.networks import Networks
from functions.store.ticks import Ticks
from functions.usecases.start_scan import StartScan

PRINCIPAL = "schedule"


@dataclass(frozen=True, kw_only=True)
class RunTick:
    networks: Networks
    ticks: Ticks
    start_scan: StartScan

    def __call__(self, *, project: str, network: str, scheduled: datetime, now: datetime) -> Tick:
        """The tick as recorded. A repeat of one that started its scan only heals a crash: the same scan, the same workflow.

        A repeat of any other changes nothing. Raises Unavailable: the same tick may work later.
        """
        tick = Tick(project=project, network=network, scheduled=scheduled, recorded=now, outcome=TickOutcome.OFF)
        try:
            recorded = self.ticks.get(project, network, scheduled)
        except NotFound:
            return self.ticks.record(self._run(tick, now))
        if recorded.outcome is TickOutcome.STARTED:
            self._run(recorded, now)
        return recorded

    def _run(self, tick: Tick, now: datetime) -> Tick:
        try:
            schedule_of(self.networks.get(tick.project, tick.network))
            scan = self._start(tick, now)
        except NotFound as error:
            return tick.model_copy(update={"outcome": TickOutcome.OFF, "reason": error.message})
        except ScanInProgress as error:
            live = str(error.current.get("scan", "")) or None
            return tick.model_copy(update={"outcome": TickOutcome.SKIPPED, "scan": live, "reason": error.message})
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
    """Raises NotFound for a network without a schedule that is on."""
    if network.schedule is None or not network.schedule.enabled:
        raise NotFound(f"the schedule of network {network.name!r} is off")
    return network.schedule
