"""Ask the live scans that lean on an authority to stop: it does not count any more."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.authority import Authority
from functions.core.errors import IllegalTransition, NotFound
from functions.core.stop import Stop
from functions.store.scans import Scans
from functions.usecases.stop_scan import StopScan


@dataclass(frozen=True, kw_only=True)
class StopLeaning:
    scans: Scans
    stop_scan: StopScan

    def __call__(self, authority: Authority, *, now: datetime) -> tuple[str, ...]:
        """Ids of the scans that were asked; their workers see it within seconds."""
        why = f"authority {authority.id} is {authority.status}: {authority.why}"
        mine = (scan for project, scan in self.scans.all_live() if project == authority.project)
        return tuple(scan for scan in mine if self._stop(authority, scan, why, now))

    def _stop(self, authority: Authority, scan: str, why: str, now: datetime) -> bool:
        """Whether it leant on it and had not ended since it was listed."""
        project = authority.project
        try:
            found = self.scans.get(project, scan)
            if all(each.id != authority.id for each in found.snapshot.authorities):
                return False
            self.stop_scan(project=project, scan=scan, stop=Stop.AUTHORITY, why=why, now=now)
        except (NotFound, IllegalTransition):
            return False
        return True
