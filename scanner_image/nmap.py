"""nmap: discovery where masscan cannot go, and what speaks behind each open port."""

import ipaddress
import secrets
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from functions.core.addresses import Address, Version
from functions.core.coverage import Answer, Method
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.messages import Command
from functions.core.model import Protocol
from functions.core.ports import PortSet
from functions.core.profile import Profile
from functions.core.scripts import arguments_text, chosen, follows_redirects
from scanner_image import certificates, child, host_keys
from scanner_image.cells import Verdict
from scanner_image.halt import Halt
from scanner_image.nmap_errors import NmapErrors
from scanner_image.nmap_host import NmapHost
from scanner_image.nmap_xml import NmapXml
from scanner_image.tools import Tools

_IDLE_S = 90.0
_FEWEST_RETRIES = 2
"""nmap sends again only where it heard nothing, so a retry costs little and a lost packet would pass for silence."""
_SCRIPT_TIMEOUT = "10s"
_ALWAYS = (certificates.SCRIPT, host_keys.SCRIPT)

_REFUSALS = frozenset({"reset", "conn-refused", "port-unreach"})
_ABSENCES = frozenset({"host-unreach", "net-unreach", "no-route"})
_PROHIBITIONS = frozenset(
    {"admin-prohibited", "host-prohibited", "net-prohibited", "proto-unreach", "failed-policy", "reject-route"}
)


def _nothing(_why: str) -> None:
    """For who takes no silence for an answer before nmap's end."""


@dataclass(frozen=True)
class Ran:
    """`why` is empty when nmap itself said that all was done, and that this machine let it send; `ended`: that it came to its end."""

    command: Command
    why: str
    ended: bool


@dataclass(frozen=True)
class Asking:
    """What is asked of open ports, and of their hosts where `about_host`: their names, and their systems if the profile says so.

    `probes`: other service probes than nmap's own.
    """

    about_host: bool = True
    probes: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Errand:
    """Whom nmap asks, how fast and for how long, and who hears of it: each host is handed on as soon as nmap has finished it.

    `targets`: addresses, or nmap's `10.0.0.0/24` form.
    """

    version: Version
    targets: Iterable[str]
    profile: Profile
    rate: int
    limit_s: float
    host: Callable[[NmapHost], None]
    raw: Callable[[bytes], None]
    halt: Halt
    unsent: Callable[[str], None] = _nothing
    """Told at once why nmap could not send, as `Ran.why` says it: silence in its report, before and after, is no answer then."""


@dataclass(frozen=True)
class Nmap:
    tools: Tools
    directory: Path

    def method(self, protocol: Protocol) -> Method:
        if protocol == Protocol.UDP:
            return Method.UDP
        return Method.SYN if self.tools.mode == "raw" else Method.CONNECT

    async def run(
        self,
        errand: Errand,
        *,
        ports: PortSet,
        protocol: Protocol,
        asking: Asking | None,
        progress: Callable[[str, float], None],
    ) -> Ran:
        profile = errand.profile
        names = asking and asking.about_host and not follows_redirects(profile.scripts)
        return await self._run(
            errand,
            *(self.tools.naming if names else ("-n",)),
            *("-Pn", self._scan(protocol), "-p", ports.canonical()),
            *(self._asking(asking, profile, protocol) if asking else ()),
            *("--host-timeout", f"{max(1, min(profile.host_timeout_s, int(errand.limit_s)))}s"),
            progress=progress,
        )

    async def ask_hosts(self, errand: Errand, *, by: Collection[Question]) -> Ran:
        """Hosts alone, one by one: up where they answer one of the questions, else down.

        At the full rate: left to itself nmap takes silence for a crowded path and slows down, to some ten silent hosts a second.
        """
        return await self._run(
            errand,
            *("-n", "-sn", *_questions(by, errand.profile.host_discovery), "--min-rate", str(max(errand.rate, 1))),
            progress=lambda _task, _percent: None,
        )

    async def _run(self, errand: Errand, *asked: str, progress: Callable[[str, float], None]) -> Ran:
        listed = self.directory / f"nmap-{secrets.token_hex(4)}.targets"
        listed.write_text("".join(f"{target}\n" for target in errand.targets))
        xml = NmapXml(host=errand.host, progress=progress)
        errors = NmapErrors(lambda why: errand.unsent(_said(why)))

        def stdout(data: bytes) -> None:
            errand.raw(data)
            xml.feed(data)

        ended = await child.run(
            (
                *self.tools.nmap_argv,
                *("-6",) * (errand.version == 6),
                *asked,
                *("-v", "-T4", "-iL", str(listed)),
                *("--max-retries", str(max(errand.profile.retries, _FEWEST_RETRIES))),
                *("--max-rate", str(max(errand.rate, 1))),
                *("--stats-every", "2s", "-oX", "-"),
            ),
            stdout=stdout,
            stderr=errors.feed,
            limits=child.Limits(seconds=errand.limit_s, idle_s=_IDLE_S),
            halt=errand.halt,
            directory=self.directory,
        )
        xml.close()
        why = ended.why or _missing(xml, ended.exit_code, errors.beginning)
        missing = "; ".join(each for each in (why, errors.unsent) if each)
        return Ran(ended.command(complete=not missing), _said(missing) if missing else "", ended=not why)

    def _asking(self, asking: Asking, profile: Profile, protocol: Protocol) -> tuple[str, ...]:
        """Who speaks there, under which names; what system it is where raw sockets can ask."""
        service = ["-sV", "--version-intensity", str(profile.version_intensity)]
        if protocol == Protocol.UDP:
            return (*service, *_scripts(profile))
        if asking.probes:
            service += ["--versiondb", str(asking.probes)]
        guess = asking.about_host and profile.os_detection and self.tools.mode == "raw"
        systems = ("-O", "--max-os-tries", "1") if guess else ()
        return (*service, *_scripts(profile, *_ALWAYS), *systems)

    def _scan(self, protocol: Protocol) -> str:
        if protocol == Protocol.UDP:
            return "-sU"
        return "-sS" if self.tools.mode == "raw" else "-sT"


def _questions(by: Collection[Question], settings: HostDiscovery) -> Iterator[str]:
    """On its own segment nmap asks by ARP, and by nothing else, unless it is told not to."""
    if Question.ICMP in by:
        yield "-PE"
    if Question.TCP in by:
        yield "-PS" + ",".join(map(str, settings.tcp_ports))
    if Question.ARP in by:
        yield "-PR"
    else:
        yield "--disable-arp-ping"


def _scripts(profile: Profile, *always: str) -> tuple[str, ...]:
    names = sorted({*always, *chosen(profile.scripts)})
    if not names:
        return ()
    arguments = arguments_text(profile.scripts)
    given = ("--script-args", arguments) if arguments else ()
    return ("--script", ",".join(names), *given, "--script-timeout", _SCRIPT_TIMEOUT)


def _said(why: str) -> str:
    return f"nmap: {why}"


def _missing(xml: NmapXml, exit_code: int | None, told: str) -> str:
    if xml.broken:
        return f"wrote XML that breaks off: {xml.broken}"
    if exit_code != 0 or not xml.finished:
        return f"ended with exit code {exit_code} before its report was whole {told}".rstrip()
    return ""


@lru_cache(maxsize=256)
def verdict(state: str, reason: str, how: Method) -> Verdict:
    """What nmap's state of a port, and its reason for it, says of the cell."""
    if state == "open":
        return Verdict(Answer.OPEN, how)
    if reason in _REFUSALS:
        return Verdict(Answer.REFUSED, how)
    if reason in _ABSENCES:
        return Verdict(Answer.HOST_DOWN, how)
    if reason in _PROHIBITIONS:
        return Verdict(Answer.FILTERED, how)
    return Verdict(Answer.OPEN_FILTERED if state == "open|filtered" else Answer.NO_ANSWER, how)


def address_of(host: NmapHost) -> Address:
    """The system's own reader is quicker than Python's, and as strict; what it does not take goes the long way."""
    try:
        return ipaddress.IPv4Address(socket.inet_pton(socket.AF_INET, host.address))
    except OSError:
        return ipaddress.ip_address(host.address)
