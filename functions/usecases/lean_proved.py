"""Lean on authorities whose evidence was looked at just now, for a domain's record and an account's inventory change."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.core.authority import Authority, AuthorityKind, LeanedOn, lean_on
from functions.core.errors import Conflict, Unproven
from functions.core.targets import TargetSet
from functions.usecases.bounds import Bounds
from functions.usecases.prove_authority import ProveAuthority

FRESH = timedelta(seconds=30)
"""A look that is no older counts as one of now: a scan's chunks start side by side."""


@dataclass(frozen=True, kw_only=True)
class LeanProved:
    bounds: Bounds
    prove: ProveAuthority

    def __call__(self, *, project: str, targets: TargetSet, now: datetime) -> tuple[LeanedOn, ...]:
        """What allows `targets`. Raises OutOfScope where their evidence has gone, Unavailable where it cannot be looked at."""
        known = {each.id: each for each in self.bounds.authorities.all(project)}
        while True:
            leaned = lean_on(known.values(), targets, at=now, admit_loopback=self.bounds.admit_loopback)
            stale = [known[each.id] for each in leaned if _is_stale(known[each.id], now)]
            if not stale:
                return leaned
            known |= {each.id: self.refresh(each, now=now) for each in stale}

    def refresh(self, authority: Authority, *, now: datetime) -> Authority:
        """As it stands with its evidence looked at; one that has lost it counts no more. Raises Unavailable."""
        if not _is_stale(authority, now):
            return authority
        try:
            return self.prove(authority, now=now)
        except Unproven as error:
            return Authority.model_validate(error.current)
        except Conflict:
            # Somebody else looked, or ended it, meanwhile.
            return self.bounds.authorities.get(authority.project, authority.id)


def _is_stale(authority: Authority, now: datetime) -> bool:
    if authority.kind is AuthorityKind.ATTESTATION:
        return False
    return authority.looked is None or now - authority.looked > FRESH
