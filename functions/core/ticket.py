"""Tickets to the live view: `vdk_{secret}`, shown once, good for one connection within a minute; only a hash is kept."""

from datetime import timedelta

from functions.core.errors import Unauthenticated
from functions.core.model import Id, Model
from functions.core.token import Principal, hash_secret, new_secret

LIFE = timedelta(seconds=60)
_PREFIX = "vdk_"


class Ticket(Model):
    """Who may connect, and into which project."""

    principal: Principal
    project: Id


def new_ticket() -> str:
    return _PREFIX + new_secret()


def digest(text: str) -> str:
    """What the store knows a presented ticket by. Raises Unauthenticated for what is no ticket."""
    if not text.startswith(_PREFIX) or not 20 <= len(text) <= 100 or not text.isascii():
        raise Unauthenticated("the ticket is not valid")
    return hash_secret(text)
