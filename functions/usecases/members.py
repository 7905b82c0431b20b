"""Members: invited, joined, promoted, removed; whoever loses a role loses what they, or their tokens, have open with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from functions.core.errors import AlreadyExists, Conflict, NotFound
from functions.core.member import Invitation, Member, check_invited, compose_invitation, ended, split_invitation
from functions.core.roles import ROLES, Role
from functions.core.token import Principal, hash_secret, new_secret
from functions.store import keys
from functions.store.invitations import Invitations
from functions.store.listeners import Listeners
from functions.store.members import Members
from functions.store.table import ConditionFailed

MAX_WAITING = 200
"""Invitations of one project."""


class NewInvitation(NamedTuple):
    invitation: Invitation
    code: str
    """What the invited presents; it cannot be had again."""


@dataclass(frozen=True, kw_only=True)
class ManageMembers:
    members: Members
    invitations: Invitations
    listeners: Listeners

    def invite(
        self, *, project: str, identifier: str, email: str, role: Role, life: timedelta, by: str, now: datetime
    ) -> NewInvitation:
        """Raises AlreadyExists for a repeat, Conflict where too many wait."""
        if len(self.invitations.list(project, now=now, limit=MAX_WAITING).items) == MAX_WAITING:
            raise Conflict(f"{MAX_WAITING} invitations wait already: withdraw some first")
        secret = new_secret()
        invitation = Invitation(
            id=identifier,
            project=project,
            email=email,
            role=role,
            secret_hash=hash_secret(secret),
            created=now,
            until=now + life,
            by=by,
        )
        try:
            self.invitations.create(invitation)
        except ConditionFailed:
            raise AlreadyExists("the invitation exists already, and its code was shown once") from None
        return NewInvitation(invitation, compose_invitation(invitation, secret))

    def accept(self, code: str, principal: Principal, *, now: datetime) -> Member:
        """Raises NotFound for what is no invitation (any more), Forbidden for whom it is not for, AlreadyExists."""
        project, identifier, secret = split_invitation(code)
        invitation = self.invitations.get(project, identifier, now=now)
        if invitation.secret_hash != hash_secret(secret):
            raise ended()
        check_invited(invitation, principal)
        member = Member(
            project=project,
            user=principal.id,
            role=invitation.role,
            email=invitation.email,
            name=principal.name,
            since=now,
            by=invitation.by,
        )
        self.members.join(member, invitation)
        return member

    def set_role(
        self, *, project: str, user: str, role: Role, expected: int, by: str, keep_admin: bool, now: datetime
    ) -> Member:
        """`keep_admin`: not where it takes the last admin. Raises NotFound, StaleVersion, Conflict."""
        before = self.members.get(project, user)
        after = self.members.set_role(before, role, expected=expected, by=by, now=now, keep_admin=keep_admin)
        if not ROLES[role] >= ROLES[before.role]:
            self._close(project, user, why="role lowered", now=now)
        return after

    def remove(self, *, project: str, user: str, keep_admin: bool, now: datetime, expected: int | None = None) -> None:
        """A repeat closes what a crash left open. Raises NotFound, StaleVersion, Conflict."""
        try:
            member = self.members.get(project, user)
        except NotFound:
            self._close(project, user, why="member removed", now=now)
            raise
        version = member.version if expected is None else expected
        self.members.remove(member, expected=version, keep_admin=keep_admin)
        self._close(project, user, why="member removed", now=now)

    def _close(self, project: str, user: str, *, why: str, now: datetime) -> None:
        self.invitations.delete_those_by(project, user)
        self.listeners.shut(user, why=why, now=now, project="" if project == keys.ORGANISATION else project)
