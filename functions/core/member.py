"""Users, and what they are to a project."""

import hashlib

from pydantic import Field

from functions.core.model import Id, Model, Time
from functions.core.roles import Role

USER = "u_"
ORGANISATION = "ORG"
"""Stands where a project's id does, for what the whole organisation has: its owners."""


class User(Model):
    """A human, as the issuer of their identity tells of them."""

    id: str = Field(pattern=r"^u_[0-9a-f]{32}$")
    email: str = Field(default="", max_length=320)
    name: str = Field(default="", max_length=200)


class Member(Model):
    """A user's role in a project; `owner` where the project is the organisation."""

    project: str
    user: str
    role: Role
    email: str = ""
    name: str = ""
    since: Time
    by: str
    """Who invited them, or set their role last."""
    version: int = 1


def user_id(issuer: str, subject: str) -> str:
    """The same for one human at one issuer, whatever their e-mail address becomes."""
    return USER + hashlib.sha256(f"{issuer}|{subject}".encode()).hexdigest()[:32]


class Invitation(Model):
    """To a project, for one e-mail address; its secret is in what the invited is sent, and only a hash is kept."""

    id: Id
    project: str
    email: str = Field(max_length=320)
    role: Role
    secret_hash: str
    created: Time
    until: Time
    by: str
