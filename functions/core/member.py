"""Members of a project, and invitations to become one."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from functions.core.errors import Forbidden, NotFound
from functions.core.ids import is_id
from functions.core.model import Id, Model, Time
from functions.core.roles import Role
from functions.core.token import Principal

MAX_EMAIL = 320
MAX_INVITATION = timedelta(days=30)
INVITATION = "vdi"
USER_PATTERN = "^u_[0-9a-f]{32}$"
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")


class Member(Model):
    """A user's role in a project; `owner` where the project is the organisation."""

    project: str
    user: str
    role: Role
    email: str = ""
    name: str = ""
    since: Time
    by: str = Field(description="Who invited them, or set their role last.")
    version: int = 1


class Invitation(Model):
    """To a project, for one e-mail address; its secret is in what the invited is sent, and only a hash is kept."""

    id: Id
    project: str
    email: str
    role: Role
    secret_hash: str
    created: Time
    until: Time
    by: str


def _address(text: str) -> str:
    if len(text) > MAX_EMAIL or not _EMAIL.fullmatch(text.strip()):
        raise ValueError("give an e-mail address")
    return text.strip().lower()


Email = Annotated[str, Field(min_length=3, max_length=MAX_EMAIL), AfterValidator(_address)]
"""In lower case: what an invitation is compared with."""


def compose_invitation(invitation: Invitation, secret: str) -> str:
    return f"{INVITATION}_{invitation.project}_{invitation.id}_{secret}"


def split_invitation(text: str) -> tuple[str, str, str]:
    """(project, invitation, secret) of what the invited presents. Raises NotFound for anything else."""
    parts = text.split("_", 3)
    if len(parts) != 4 or parts[0] != INVITATION or not is_id(parts[2]) or not parts[1].isalnum():
        raise ended()
    return parts[1], parts[2], parts[3]


def ended() -> NotFound:
    """One answer for what is unknown, withdrawn, over or accepted already."""
    return NotFound("there is no such invitation, or it has ended; ask for a new one")


def check_invited(invitation: Invitation, principal: Principal) -> None:
    """Raises Forbidden for whoever it is not for."""
    if principal.kind != "user":
        raise Forbidden("only people accept invitations: log in with `vedette login`")
    if principal.email.strip().lower() != invitation.email:
        raise Forbidden("this invitation is for another e-mail address than the one you are logged in with")
    if not principal.email_verified:
        raise Forbidden("the issuer of your identity has not verified your e-mail address")
