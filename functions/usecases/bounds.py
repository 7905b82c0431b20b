"""What may be scanned beside what a network says of itself: what its project's authorities cover, less what nobody may scan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.core.authority import Authority, LeanedOn, Timeline, counts_at, lean_on
from functions.core.cover import Cover
from functions.core.scan import Scan
from functions.core.targets import TargetSet, parse_exclusions, parse_targets
from functions.store.authorities import Authorities, Exclusions


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Whoever cannot read them has none: every method raises Unavailable or Corrupt then."""

    authorities: Authorities
    exclusions: Exclusions
    admit_loopback: bool = False

    def excluded(self, own: Iterable[str]) -> tuple[str, ...]:
        """`own`, and what nobody may scan."""
        return tuple(dict.fromkeys((*own, *self.exclusions.targets())))

    def lean(
        self, project: str, targets: Iterable[str], exclusions: Iterable[str], *, at: datetime
    ) -> tuple[LeanedOn, ...]:
        """What allows `targets` less `exclusions`. Raises OutOfScope, naming what is under no authority, and InvalidInput."""
        left = self.left(targets, exclusions)
        return lean_on(self.authorities.all(project), left, at=at, admit_loopback=self.admit_loopback)

    def left(self, targets: Iterable[str], exclusions: Iterable[str]) -> TargetSet:
        """Raises OutOfScope for denied space, InvalidInput."""
        asked = parse_targets(targets, field="targets", admit_loopback=self.admit_loopback)
        return asked.without(parse_exclusions(exclusions, field="exclusions"))

    def cover(self, project: str, *, at: datetime) -> Cover:
        return self.timeline(project)(at)

    def timeline(self, project: str) -> Timeline:
        return Timeline(self.authorities.all(project), admit_loopback=self.admit_loopback)

    def lapsed(self, scan: Scan, *, at: datetime) -> str:
        """Why the scan may go on no more; empty while all that it leans on counts."""
        if not scan.snapshot.authorities:
            return ""
        known = self.authorities.some(scan.project, (each.id for each in scan.snapshot.authorities))
        return next((why for each in scan.snapshot.authorities if (why := _lapsed(known, each, at))), "")


def _lapsed(known: Mapping[str, Authority], leaned: LeanedOn, at: datetime) -> str:
    found = known.get(leaned.id)
    if found is None or counts_at(found, at):
        return "" if found else f"authority {leaned.id} is gone"
    if at >= found.until:
        return f"authority {found.id} ended at {found.until:%Y-%m-%dT%H:%M:%SZ}"
    return f"authority {found.id} is {found.status}: {found.why}"
