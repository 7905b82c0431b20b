"""What nobody in the organisation may scan: made, and at once part of every scan that is live."""

from dataclasses import dataclass
from datetime import datetime

from functions.adapters.resolver import Resolver
from functions.core.errors import AlreadyExists
from functions.core.exclusion import Exclusion, ExclusionDraft
from functions.core.targets import parse_exclusions
from functions.store.authorities import Exclusions
from functions.store.ledger import Ledger
from functions.store.scans import Scans
from functions.usecases.addresses_of import addresses_of


@dataclass(frozen=True, kw_only=True)
class ManageExclusions:
    exclusions: Exclusions
    scans: Scans
    ledger: Ledger
    resolver: Resolver

    def create(self, *, identifier: str, draft: ExclusionDraft, by: str, now: datetime) -> Exclusion:
        """Asked again with the same `identifier`: the one made before.

        Raises InvalidInput, also for a hostname that has no address: every scan would be refused. Conflict for one too many.
        """
        names = parse_exclusions(draft.targets, field="targets").hostnames
        addresses = addresses_of(names, self.resolver, field="targets")
        exclusion = Exclusion(**dict(draft), id=identifier, addresses=addresses, by=by, created=now)
        try:
            self.exclusions.create(exclusion)
        except AlreadyExists:
            exclusion = self.exclusions.get(identifier)
        self._narrow()
        return exclusion

    def _narrow(self) -> None:
        """After the write: whatever is planned later reads it by itself."""
        excluded = [*self.exclusions.targets(), *(each for one in self.exclusions.all() for each in one.addresses)]
        for project, scan in self.scans.all_live():
            self.ledger.narrow(project, scan, excluded, by="organisation")
