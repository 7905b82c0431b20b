"""What the HTTP API takes and gives about members, invitations and the caller."""

from typing import Literal

from pydantic import Field

from functions.core.member import MAX_INVITATION, Email, Invitation, Member
from functions.core.model import Id, Model, Time
from functions.core.roles import MemberRole, Permission, Role
from functions.core.token import Scope


class RoleChange(Model):
    role: MemberRole


class OwnerInvitationRequest(Model):
    email: Email
    days: int = Field(default=7, ge=1, le=MAX_INVITATION.days, description="How long it may be accepted.")


class InvitationRequest(OwnerInvitationRequest):
    role: MemberRole


class Acceptance(Model):
    code: str = Field(min_length=1, max_length=200, description="What the invitation was sent with.")


class InvitationView(Model):
    """An invitation without its secret."""

    id: Id
    project: str
    email: str
    role: Role
    created: Time
    until: Time
    by: str

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationView":
        return cls(**{name: getattr(invitation, name) for name in cls.model_fields})


class NewInvitationView(Model):
    code: str = Field(description="For the invited alone: send it to them. Shown this once.")
    invitation: InvitationView


class Me(Model):
    """Who calls, and what they reach."""

    id: str
    kind: Literal["token", "user"]
    name: str
    email: str
    email_verified: bool
    owner: bool = Field(description="Whether they may do everything, everywhere.")
    project: str = Field(description="The one project that a token reaches; empty for one that reaches all.")
    scopes: tuple[Scope, ...] = Field(description="Of a token.")
    permissions: tuple[Permission, ...] = Field(description="What they may do outside of any project.")
    memberships: tuple[Member, ...] = Field(description="Of a user; a page of them.")
    next_cursor: str | None = None
