"""How to scan: typed options only, never raw flags."""

from enum import StrEnum

from pydantic import Field

from functions.core.host_discovery import NOBODY, HostDiscovery
from functions.core.model import Model
from functions.core.scripts import ScriptChoice


class Discovery(StrEnum):
    AUTO = "auto"
    """masscan where it can, nmap elsewhere."""
    NMAP = "nmap"
    CONNECT = "connect"
    PROBE = "probe"
    """No tool: one connection of our own to each TCP cell; UDP, which has none, by nmap."""


class Profile(Model):
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    discovery: Discovery = Discovery.AUTO
    service_detection: bool = True
    version_intensity: int = Field(default=7, ge=0, le=9)
    host_timeout_s: int = Field(default=900, ge=10, le=3600)
    retries: int = Field(default=1, ge=0, le=5)
    os_detection: bool = False
    """Guess the system by its answers to odd packets, where raw sockets are to be had; a network may ask for it, too."""
    scripts: ScriptChoice = ScriptChoice()
    host_discovery: HostDiscovery = NOBODY
    """Both of the network that is scanned; a profile has none of its own."""


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="standard"),
        Profile(name="discovery", service_detection=False),
        Profile(name="thorough", version_intensity=9, retries=3, host_timeout_s=1800, os_detection=True),
        Profile(name="connect", discovery=Discovery.CONNECT),
    )
}

CONFIRM = Profile(name="confirm", discovery=Discovery.PROBE, service_detection=False)
"""A second, slower look at a few cells; nobody chooses it for a network."""
