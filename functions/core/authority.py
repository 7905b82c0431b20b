"""An authority: who allowed which addresses and names to be scanned, on what evidence, until when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from functions.core.cover import Cover
from functions.core.errors import OutOfScope
from functions.core.model import Id, Model, Time
from functions.core.targets import TargetSet, parse_exclusions
from functions.core.transitions import TransitionTable

MAX_AUTHORITIES = 100
"""Of one project: all of them are read for each scan."""
MAX_FOUND = 5000
"""Addresses and names of one AWS account: one item holds them."""
_NAMED = 20
"""Parts that are named where many are not covered."""


class AuthorityKind(StrEnum):
    ATTESTATION = "attestation"
    DNS = "dns"
    AWS = "aws"


class AuthorityStatus(StrEnum):
    PENDING = "pending"
    """Its evidence was not seen yet, or is not there any more."""
    ACTIVE = "active"
    ENDED = "ended"
    """Its time is over: read from `until`, never written."""
    REVOKED = "revoked"


class AuthorityEvent(StrEnum):
    PROVE = "prove"
    LOSE = "lose"
    """Its evidence was looked for and is gone."""
    REVOKE = "revoke"


AUTHORITY_TABLE = TransitionTable[AuthorityStatus, AuthorityEvent](
    "authority",
    {
        (AuthorityStatus.PENDING, AuthorityEvent.PROVE): AuthorityStatus.ACTIVE,
        (AuthorityStatus.ACTIVE, AuthorityEvent.PROVE): AuthorityStatus.ACTIVE,
        (AuthorityStatus.ACTIVE, AuthorityEvent.LOSE): AuthorityStatus.PENDING,
        (AuthorityStatus.PENDING, AuthorityEvent.LOSE): AuthorityStatus.PENDING,
        (AuthorityStatus.PENDING, AuthorityEvent.REVOKE): AuthorityStatus.REVOKED,
        (AuthorityStatus.ACTIVE, AuthorityEvent.REVOKE): AuthorityStatus.REVOKED,
    },
)


class AuthorityDraft(Model):
    """What the user gives; `ranges` and `domains` are parsed and checked by core.authority_check."""

    kind: AuthorityKind
    ranges: tuple[Annotated[str, Field(max_length=300)], ...] = Field(default=(), max_length=1000)
    domains: tuple[Annotated[str, Field(max_length=253)], ...] = Field(default=(), max_length=100)
    """Each with every name below it, and whatever they resolve to when a scan is planned."""
    role: str = Field(default="", max_length=2048)
    """Of AWS: the ARN of a role in the account, for us to read its inventory with."""
    regions: tuple[Annotated[str, Field(max_length=32)], ...] = Field(default=(), max_length=40)
    authorized_by: str = Field(min_length=1, max_length=200)
    """Who may allow it, by name and office."""
    statement: str = Field(default="", max_length=2000)
    """What they allowed, in their words."""
    reference: str = Field(default="", max_length=500)
    """Where that can be read again: a ticket, a contract."""
    starts: Time | None = None
    """Now, where left out."""
    until: Time


class Authority(AuthorityDraft):
    id: Id
    project: Id
    starts: Time
    status: AuthorityStatus
    challenge: str = ""
    """Of DNS: the value that the owner publishes."""
    external_id: str = ""
    """Of AWS: what the role's trust policy must ask for."""
    addresses: tuple[str, ...] = Field(default=(), max_length=MAX_FOUND)
    names: tuple[str, ...] = Field(default=(), max_length=MAX_FOUND)
    """Of AWS: what the account held when it was read: public addresses, and names of load balancers."""
    looked: Time | None = None
    """When the evidence was last looked at."""
    proved: Time | None = None
    """Since when it counts."""
    left: Time | None = None
    """When it stopped counting before its time."""
    why: str = Field(default="", max_length=512)
    """Why it does not count, or no more."""
    recorded_by: str = Field(max_length=128)
    revoked_by: str = Field(default="", max_length=128)
    created: Time
    version: int = Field(default=1, ge=1)


class LeanedOn(Model):
    """An authority that a scan needs, and its end."""

    id: Id
    until: Time


def status_at(authority: Authority, now: datetime) -> AuthorityStatus:
    ended = now >= authority.until and authority.status is not AuthorityStatus.REVOKED
    return AuthorityStatus.ENDED if ended else authority.status


def counts_at(authority: Authority, at: datetime) -> bool:
    if authority.proved is None or at < max(authority.starts, authority.proved):
        return False
    return at < min(authority.until, authority.left or authority.until)


def cover_of(authority: Authority) -> Cover:
    """What it covers while it counts."""
    if authority.kind is AuthorityKind.AWS:
        return Cover(parse_exclusions(authority.addresses, field="addresses"), frozenset(authority.names))
    ranges = parse_exclusions(authority.ranges, field="ranges")
    return Cover(ranges, frozenset(authority.domains))


def covered(authorities: Iterable[Authority], *, at: datetime, admit_loopback: bool) -> Cover:
    """What all that count at a time cover together."""
    parts = [cover_of(each) for each in authorities if counts_at(each, at)]
    return Cover.union((*parts, Cover(loopback=admit_loopback)))


def lean_on(
    authorities: Iterable[Authority], targets: TargetSet, *, at: datetime, admit_loopback: bool
) -> tuple[LeanedOn, ...]:
    """The authorities that `targets` need, those that end last before others; none for loopback where it is admitted.

    Raises OutOfScope, naming what no authority covers and the command that records one.
    """
    left = Cover(loopback=admit_loopback).without(targets)
    leaned: list[LeanedOn] = []
    for each in sorted(authorities, key=lambda authority: authority.until, reverse=True):
        if not left:
            break
        if counts_at(each, at) and (rest := cover_of(each).without(left)) != left:
            left = rest
            leaned.append(LeanedOn(id=each.id, until=each.until))
    if left:
        raise OutOfScope("targets", uncovered(left))
    return tuple(leaned)


def end_of(leaned: Sequence[LeanedOn]) -> datetime | None:
    """The earliest; None where nothing is leaned on."""
    return min((each.until for each in leaned), default=None)


def uncovered(targets: TargetSet) -> str:
    """What is under no authority, and the command that records one."""
    ranges = [each.first if each.first == each.last else f"{each.first}-{each.last}" for each in targets.ranges()]
    parts = [*(("--range", each) for each in ranges), *(("--domain", each) for each in targets.hostnames)]
    named = " ".join(f"{option} {value}" for option, value in parts[:_NAMED])
    told = ", ".join(value for _, value in parts[:3]) + (f" and {len(parts) - 3} more" if len(parts) > 3 else "")
    return (
        f"{told}: no authority to scan this counts now; "
        f'record one with `vedette authorities add {named} --by "WHO ALLOWS IT" --statement "WHAT THEY ALLOW"`'
    )


class Timeline:
    """What authorities covered at each time: worked out once between two changes."""

    def __init__(self, authorities: Iterable[Authority], *, admit_loopback: bool) -> None:
        self._authorities = tuple(authorities)
        self._admit_loopback = admit_loopback
        self._known: dict[tuple[bool, ...], Cover] = {}

    def __call__(self, at: datetime) -> Cover:
        counting = tuple(counts_at(each, at) for each in self._authorities)
        if counting not in self._known:
            self._known[counting] = covered(self._authorities, at=at, admit_loopback=self._admit_loopback)
        return self._known[counting]


def proved(authority: Authority, *, now: datetime, **found: Any) -> dict[str, Any]:
    """The changes of one whose evidence was seen. Raises IllegalTransition."""
    status = AUTHORITY_TABLE.after(authority.status, AuthorityEvent.PROVE)
    since = authority.proved if authority.status is AuthorityStatus.ACTIVE else now
    return {"status": status, "looked": now, "proved": since, "left": None, "why": "", **found}


def lost(authority: Authority, *, now: datetime, why: str) -> dict[str, Any]:
    """The changes of one whose evidence is not there. Raises IllegalTransition."""
    status = AUTHORITY_TABLE.after(authority.status, AuthorityEvent.LOSE)
    left = now if authority.status is AuthorityStatus.ACTIVE else authority.left
    return {"status": status, "looked": now, "left": left, "why": why[:512]}


def revoked(authority: Authority, *, now: datetime, by: str, why: str) -> dict[str, Any]:
    """Raises IllegalTransition."""
    status = AUTHORITY_TABLE.after(authority.status, AuthorityEvent.REVOKE)
    left = now if authority.status is AuthorityStatus.ACTIVE else authority.left
    return {"status": status, "left": left, "revoked_by": by, "why": why[:512]}
