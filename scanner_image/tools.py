"""The scanners that are here, their versions, and whether they may use raw sockets."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from functions.core.errors import ScannerFailed
from scanner_image import child
from scanner_image.halt import Halt
from scanner_image.nmap_host import NmapHost
from scanner_image.nmap_xml import NmapXml
from scanner_image.service_probes import quick_probes

Mode = Literal["raw", "connect"]
_LIMITS = child.Limits(seconds=20, idle_s=20, output_bytes=1 << 20)


@dataclass(frozen=True)
class Tools:
    """`raw_nmap` and `masscan` are the copies with the capability where the image has them, else the plain programs.

    `masscan` is empty where it is not installed: then nmap discovers everywhere, and the result's tools say so.
    """

    mode: Mode
    nmap: str
    raw_nmap: str
    masscan: str
    versions: dict[str, str]
    name_servers: str = ""
    """Who is asked for the names of hosts: `system`, addresses parted by commas, or nobody."""
    shim: Path | None = None
    """The directory of the capture library, where masscan must be pointed at it; in the image the system finds it."""
    quick_probes: Path | None = None
    """nmap's service probes for a first look; None where there is only the patient one."""

    @property
    def nmap_argv(self) -> tuple[str, ...]:
        return (self.raw_nmap, "--privileged") if self.mode == "raw" else (self.nmap, "--unprivileged")

    @property
    def naming(self) -> tuple[str, ...]:
        """What nmap is told to ask the names of its hosts by."""
        if not self.name_servers:
            return ("-n",)
        return ("-R",) if self.name_servers == "system" else ("-R", "--dns-servers", self.name_servers)


async def find(directory: Path, *, name_servers: str = "") -> Tools:
    """Look for the tools and try them out. Raises ScannerFailed when nmap is not here."""
    nmap, masscan = shutil.which("nmap"), shutil.which("masscan-raw") or shutil.which("masscan")
    if nmap is None:
        raise ScannerFailed("nmap is not installed")
    raw_nmap = shutil.which("nmap-raw") or nmap
    versions = {"nmap": await _version((nmap, "--version"), directory)}
    if masscan is not None:
        versions["masscan"] = await _version((shutil.which("masscan") or masscan, "--version"), directory)
    mode: Mode = "raw" if await _may_send_raw(raw_nmap, directory) else "connect"
    return Tools(mode, nmap, raw_nmap, masscan or "", versions, name_servers, quick_probes=quick_probes(directory))


async def _version(argv: tuple[str, ...], directory: Path) -> str:
    output = bytearray()
    await child.run(argv, stdout=output.extend, stderr=output.extend, limits=_LIMITS, halt=Halt(), directory=directory)
    found = re.search(rb"(?i)version ([0-9][0-9A-Za-z.]{0,15})", output)
    return found[1].decode() if found else "unknown"


async def _may_send_raw(nmap: str, directory: Path) -> bool:
    """Ask the loopback interface: a raw probe that is answered proves more than any list of capabilities."""
    hosts: list[NmapHost] = []
    xml = NmapXml(host=hosts.append, progress=lambda _task, _percent: None)
    argv = (nmap, "--privileged", "-n", "-Pn", "-sS", "-p", "1", "-oX", "-", "127.0.0.1")
    try:
        await child.run(
            argv, stdout=xml.feed, stderr=lambda _data: None, limits=_LIMITS, halt=Halt(), directory=directory
        )
    except ScannerFailed:
        return False
    xml.close()
    return any(port.reason in {"reset", "syn-ack"} for host in hosts for port in host.ports)
