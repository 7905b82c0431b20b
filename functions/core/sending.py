"""From which of our addresses what was sent, when, and for which scan: the answer to "did you scan me?"."""

from functions.core.authority import LeanedOn
from functions.core.model import Id, Model, Time
from functions.core.scan import Cause


class Sending(Model):
    """One attempt at a chunk, as an address of ours that it sent from."""

    address: str
    project: Id
    scan: Id
    chunk: str
    attempt: int
    since: Time
    until: Time | None = None
    """None where nobody has told yet."""


class Probing(Model):
    """A chunk that may have sent what somebody saw, with who asked for it and on whose word."""

    project: Id
    network: str
    """Empty, as all that the scan would say, where the scan was deleted since."""
    scan: Id
    chunk: str
    attempt: int
    summary: str = ""
    """The targets and ports of the chunk, for people."""
    sources: tuple[str, ...]
    since: Time
    until: Time | None
    """None while it goes on."""
    cause: Cause | None = None
    authorities: tuple[LeanedOn, ...] = ()
