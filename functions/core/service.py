"""What identifies the service behind an open port, as nmap tells it."""

from pydantic import Field

from functions.core.facts import Certificate, HostKey
from functions.core.model import Model


class Service(Model):
    """Every text is chosen by the scanned host: bounded here, escaped at every output."""

    name: str = Field(default="", max_length=128)
    product: str = Field(default="", max_length=512)
    version: str = Field(default="", max_length=256)
    extra: str = Field(default="", max_length=512)
    tunnel: str = Field(default="", max_length=32)
    cpe: tuple[str, ...] = Field(default=(), max_length=16)
    confidence: int = Field(default=0, ge=0, le=10)
    """nmap's `conf`: 3 is the port table's guess, 10 an answer to a probe; 0 not asked."""
    tls: Certificate | None = None
    """None where it showed none, or was not asked."""
    ssh: tuple[HostKey, ...] = Field(default=(), max_length=8)
    """Host keys, one of each type."""


UNKNOWN = Service()
"""Of a port that nobody was asked about."""
