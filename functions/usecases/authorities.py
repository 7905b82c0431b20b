"""Authorities of a project: recorded, proved, revoked; and what one that lists its targets offers."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.authority import (
    Authority,
    AuthorityDraft,
    AuthorityKind,
    AuthorityStatus,
    cover_of,
    revoked,
)
from functions.core.authority_check import check_authority
from functions.core.errors import AlreadyExists, Unproven
from functions.core.hostnames import parse_hostname
from functions.store.authorities import Authorities
from functions.usecases.prove_authority import ProveAuthority
from functions.usecases.stop_leaning import StopLeaning


@dataclass(frozen=True, kw_only=True)
class ManageAuthorities:
    authorities: Authorities
    prove: ProveAuthority
    stop_leaning: StopLeaning
    admit_loopback: bool = False

    def create(self, *, project: str, identifier: str, draft: AuthorityDraft, by: str, now: datetime) -> Authority:
        """An attestation counts at once, the others once their evidence was seen: see `verify`.

        Asked again with the same `identifier`: the one made before. Raises InvalidInput, OutOfScope, Conflict for one too many.
        """
        check_authority(draft, now=now, admit_loopback=self.admit_loopback)
        attested = draft.kind is AuthorityKind.ATTESTATION
        given = {
            **dict(draft),
            "domains": tuple(dict.fromkeys(parse_hostname(each, "domains") for each in draft.domains)),
            "starts": draft.starts or now,
        }
        authority = Authority(
            **given,
            id=identifier,
            project=project,
            status=AuthorityStatus.ACTIVE if attested else AuthorityStatus.PENDING,
            challenge=f"vedette={identifier}" if draft.kind is AuthorityKind.DNS else "",
            external_id=f"vedette-{identifier}" if draft.kind is AuthorityKind.AWS else "",
            proved=now if attested else None,
            recorded_by=by,
            created=now,
        )
        try:
            self.authorities.create(authority)
        except AlreadyExists:
            return self.authorities.get(project, identifier)
        return authority

    def verify(self, *, project: str, identifier: str, now: datetime) -> Authority:
        """With its evidence looked at now; where that is gone, the scans that lean on it are asked to stop.

        Raises NotFound, Unproven, Conflict, StaleVersion, Unavailable."""
        try:
            return self.prove(self.authorities.get(project, identifier), now=now)
        except Unproven:
            self.stop_leaning(self.authorities.get(project, identifier), now=now)
            raise

    def revoke(self, *, project: str, identifier: str, by: str, why: str, now: datetime) -> Authority:
        """It counts no more, and the scans that lean on it are asked to stop, also when it is revoked again.

        Raises NotFound, StaleVersion.
        """
        found = self.authorities.get(project, identifier)
        if found.status is not AuthorityStatus.REVOKED:
            found = self.authorities.change(found, revoked(found, now=now, by=by, why=why))
        self.stop_leaning(found, now=now)
        return found

    def targets(self, *, project: str, identifier: str) -> tuple[str, ...]:
        """What it offers to be scanned, as a network takes its targets. Raises NotFound."""
        authority = self.authorities.get(project, identifier)
        cover = cover_of(authority)
        ranges = [
            each.first if each.first == each.last else f"{each.first}-{each.last}" for each in cover.addresses.ranges()
        ]
        return (*ranges, *sorted(cover.domains))
