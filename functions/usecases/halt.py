"""The kill switch: set it, and every scan under it is asked to stop; release it, and what it stopped stays paused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from functions.core.errors import AlreadyExists, IllegalTransition, NotFound, StaleVersion
from functions.core.halt import ORGANISATION, Halt
from functions.core.stop import Stop
from functions.store.halts import Halts
from functions.store.scans import Scans
from functions.usecases.stop_scan import StopScan

AT_ONCE = 100
"""Scans that setting a halt asks by itself. Workers and the gate see the halt without being asked, and the sweep asks the rest."""


@dataclass(frozen=True, kw_only=True)
class SetHalt:
    halts: Halts
    scans: Scans
    stop_scan: StopScan

    def __call__(self, *, scope: str, by: str, why: str, now: datetime) -> Halt:
        """The halt in force: this one, or the one set before, whose scans are asked once more. `scope`: a project, or `ORG`."""
        halt = Halt(scope=scope, by=by, why=why, at=now)
        try:
            self.halts.set(halt)
        except AlreadyExists:
            halt = self.halts.get(scope)
        for project, scan in islice(self._under(scope), AT_ONCE):
            try:
                self.stop_scan(project=project, scan=scan, stop=Stop.HALT, why=halt.describe(), now=now)
            except (IllegalTransition, NotFound, StaleVersion):
                continue  # it ended meanwhile, or the sweep asks again
        return halt

    def _under(self, scope: str) -> Iterator[tuple[str, str]]:
        return ((project, scan) for project, scan in self.scans.all_live() if scope in (ORGANISATION, project))
