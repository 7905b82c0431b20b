"""Look for the evidence of an authority, and write what was found: it counts, or it does not any more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.adapters.aws_inventory import AwsInventory
from functions.adapters.txt_records import TxtRecords
from functions.core.authority import MAX_FOUND, Authority, AuthorityKind, AuthorityStatus, lost, proved, status_at
from functions.core.errors import Conflict, Unproven
from functions.store.authorities import Authorities

LABEL = "_vedette-challenge"


@dataclass(frozen=True, kw_only=True)
class ProveAuthority:
    authorities: Authorities
    txt: TxtRecords
    inventory: AwsInventory

    def __call__(self, authority: Authority, *, now: datetime) -> Authority:
        """The authority with what its evidence says now.

        Raises Unproven where there is none (written: it does not count until it is proved again), Conflict for one that
        has ended or was revoked, StaleVersion, Unavailable.
        """
        if status_at(authority, now) in (AuthorityStatus.ENDED, AuthorityStatus.REVOKED):
            raise Conflict(
                f"the authority is {status_at(authority, now)}: record another one",
                current=authority.model_dump(mode="json"),
            )
        try:
            found = self._look(authority)
        except Unproven as error:
            after = self.authorities.change(authority, lost(authority, now=now, why=error.message))
            raise Unproven(error.message, current=after.model_dump(mode="json")) from error
        return self.authorities.change(authority, proved(authority, now=now, **found))

    def _look(self, authority: Authority) -> dict[str, Any]:
        match authority.kind:
            case AuthorityKind.ATTESTATION:
                return {}
            case AuthorityKind.DNS:
                return self._look_for_record(authority)
            case AuthorityKind.AWS:
                return self._read_inventory(authority)

    def _look_for_record(self, authority: Authority) -> dict[str, Any]:
        name = f"{LABEL}.{authority.domains[0]}"
        if authority.challenge not in self.txt.of(name):
            raise Unproven(f"there is no TXT record at {name} with the value {authority.challenge}")
        return {}

    def _read_inventory(self, authority: Authority) -> dict[str, Any]:
        found = self.inventory.read(
            role=authority.role,
            external_id=authority.external_id,
            regions=authority.regions,
            session=f"vedette-{authority.id}",
        )
        if max(len(found.addresses), len(found.names)) > MAX_FOUND:
            raise Unproven(f"the account has more than {MAX_FOUND:,} addresses in these regions: split it by region")
        return {"addresses": found.addresses, "names": found.names}
