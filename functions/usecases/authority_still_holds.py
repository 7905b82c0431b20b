"""Whether what a scan leans on still counts, looked at just before a chunk starts; an AWS account is read anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.core.authority import Authority, AuthorityKind, counts_at, covered
from functions.core.errors import Conflict, NotFound, StaleVersion, Unproven
from functions.core.scan import Scan
from functions.core.targets import TargetSet, parse_exclusions, parse_targets
from functions.store.authorities import Authorities
from functions.store.ledger import Ledger
from functions.usecases.prove_authority import ProveAuthority

FRESH = timedelta(seconds=10)
"""Chunks that start side by side share one reading of an account."""


@dataclass(frozen=True, kw_only=True)
class AuthorityStillHolds:
    authorities: Authorities
    prove: ProveAuthority
    ledger: Ledger
    admit_loopback: bool = False

    def __call__(self, scan: Scan, *, now: datetime) -> str:
        """Why the scan has to end; empty where all that it leans on counts.

        What an account no longer holds is added to what the scan must leave out. Raises Unavailable: it could not be looked at.
        """
        read = False
        for leaned in scan.snapshot.authorities:
            try:
                found = self.authorities.get(scan.project, leaned.id)
                if found.kind is AuthorityKind.AWS:
                    found, read = self._read_again(found, now), True
            except NotFound as error:
                return error.message
            if not counts_at(found, now):
                return f"authority {found.id} does not count any more: {found.why or 'its time is over'}"
        if read:
            self._leave_out_what_was_released(scan, now)
        return ""

    def _read_again(self, authority: Authority, now: datetime) -> Authority:
        if authority.looked is not None and now - authority.looked < FRESH:
            return authority
        try:
            return self.prove(authority, now=now)
        except (Conflict, StaleVersion, Unproven):
            # It ended, somebody else has just read it, or it is lost: as it was written then.
            return self.authorities.get(authority.project, authority.id)

    def _leave_out_what_was_released(self, scan: Scan, now: datetime) -> None:
        cover = covered(self.authorities.all(scan.project), at=now, admit_loopback=self.admit_loopback)
        targets = parse_targets(scan.snapshot.targets, field="targets", admit_loopback=self.admit_loopback)
        planned = targets.without(parse_exclusions(scan.snapshot.exclusions, field="exclusions"))
        if released := tuple(_texts(cover.without(planned))):
            self.ledger.narrow(scan.project, scan.id, released, by="inventory")


def _texts(targets: TargetSet) -> Iterator[str]:
    for each in targets.ranges():
        yield each.first if each.first == each.last else f"{each.first}-{each.last}"
    yield from targets.hostnames
