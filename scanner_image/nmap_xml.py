"""nmap's XML, read as it comes: each host is handed on when its element ends, and a document that breaks off costs only what follows."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from functions.core.intervals import IntervalSet
from functions.core.service import Service

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,10});")
_LONGEST_REFERENCE = 16
_SCRIPT_CHARS = 4096
_MOST_SCRIPTS = 16


@dataclass
class NmapPort:
    protocol: str
    port: int
    state: str = ""
    reason: str = ""
    service: Service = field(default_factory=Service)
    scripts: dict[str, str] = field(default_factory=dict)


@dataclass
class NmapRest:
    """Ports that nmap tells of only together."""

    state: str
    reason: str
    ports: IntervalSet


@dataclass
class NmapHost:
    up: bool = False
    reason: str = ""
    timed_out: bool = False
    address: str = ""
    mac: str = ""
    vendor: str = ""
    os: str = ""
    names: list[str] = field(default_factory=list)
    ports: list[NmapPort] = field(default_factory=list)
    rest: list[NmapRest] = field(default_factory=list)


class NmapXml:
    """A parser to `feed`; `finished` is true once nmap itself said that its run ended well. Bad input ends it, and never raises."""

    def __init__(self, *, host: Callable[[NmapHost], None], progress: Callable[[str, float], None]) -> None:
        self._reader = _Reader(host, progress)
        self._parser = DefusedXMLParser(target=self._reader, forbid_dtd=False, forbid_entities=True)
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self.broken = ""

    @property
    def finished(self) -> bool:
        return self._reader.finished and not self.broken

    def feed(self, data: bytes) -> None:
        if self.broken:
            return
        text = self._held + self._text.decode(data)
        cut = text.rfind("&", max(0, len(text) - _LONGEST_REFERENCE))
        self._held = text[cut:] if cut >= 0 and ";" not in text[cut:] else ""
        try:
            self._parser.feed(printable(text.removesuffix(self._held) if self._held else text).encode())
        except (ParseError, DefusedXmlException, ValueError) as error:
            self.broken = f"{type(error).__name__}: {error}"[:200]


def printable(text: str) -> str:
    r"""`text` with what XML cannot carry spelled as nmap's scripts spell it: `\x1b`."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", _REFERENCE.sub(_reference, text))


def _reference(match: re.Match[str]) -> str:
    digits = match[1]
    number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    allowed = (
        number in (9, 10, 13) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD or 0x10000 <= number <= 0x10FFFF
    )
    return match[0] if allowed else f"\\x{number:02x}"


class _Reader:
    """What the parser calls; holds one host at a time."""

    def __init__(self, host: Callable[[NmapHost], None], progress: Callable[[str, float], None]) -> None:
        self._hand_on = host
        self._progress = progress
        self._host: NmapHost | None = None
        self._port: NmapPort | None = None
        self._rest_state = ""
        self._text: list[str] | None = None
        self.finished = False
        self._starts: dict[str, Callable[[NmapHost, dict[str, str]], None]] = {
            "status": self._status,
            "address": self._address,
            "hostname": self._hostname,
            "osmatch": self._osmatch,
            "extraports": self._extraports,
            "extrareasons": self._extrareasons,
            "port": self._start_port,
        }
        self._port_starts: dict[str, Callable[[NmapPort, dict[str, str]], None]] = {
            "state": _state,
            "service": _service,
            "script": _script,
        }

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "host":
            self._host = NmapHost(timed_out=attributes.get("timedout") == "true")
        elif tag == "taskprogress":
            self._progress(attributes.get("task", ""), float(attributes.get("percent", "0")))
        elif tag == "finished":
            self.finished = attributes.get("exit") == "success"
        elif self._port is not None:
            self._start_in_port(self._port, tag, attributes)
        elif self._host is not None and tag in self._starts:
            self._starts[tag](self._host, attributes)

    def _start_in_port(self, port: NmapPort, tag: str, attributes: dict[str, str]) -> None:
        if tag == "cpe":
            self._text = []
        elif tag in self._port_starts:
            self._port_starts[tag](port, attributes)

    def data(self, text: str) -> None:
        if self._text is not None and len(self._text) < _MOST_SCRIPTS:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag == "cpe" and self._port is not None and self._text is not None:
            _cpe(self._port, "".join(self._text))
            self._text = None
        elif tag == "port":
            self._port = None
        elif tag == "host" and self._host is not None:
            host, self._host = self._host, None
            self._hand_on(host)

    def close(self) -> None:
        self._host = None

    def _status(self, host: NmapHost, attributes: dict[str, str]) -> None:
        host.up, host.reason = attributes.get("state") == "up", attributes.get("reason", "")[:64]

    def _address(self, host: NmapHost, attributes: dict[str, str]) -> None:
        if attributes.get("addrtype") == "mac":
            host.mac, host.vendor = attributes.get("addr", "")[:17], attributes.get("vendor", "")[:128]
        else:
            host.address = attributes.get("addr", "")

    def _hostname(self, host: NmapHost, attributes: dict[str, str]) -> None:
        if len(host.names) < 16 and (name := attributes.get("name", "")[:253]):
            host.names.append(name)

    def _osmatch(self, host: NmapHost, attributes: dict[str, str]) -> None:
        """The first is the best."""
        host.os = host.os or attributes.get("name", "")[:256]

    def _extraports(self, _host: NmapHost, attributes: dict[str, str]) -> None:
        self._rest_state = attributes.get("state", "")

    def _extrareasons(self, host: NmapHost, attributes: dict[str, str]) -> None:
        ports = IntervalSet.from_ranges(_bounds(part) for part in attributes.get("ports", "").split(",") if part)
        host.rest.append(NmapRest(self._rest_state, attributes.get("reason", ""), ports))

    def _start_port(self, host: NmapHost, attributes: dict[str, str]) -> None:
        self._port = NmapPort(attributes.get("protocol", ""), int(attributes.get("portid", "")))
        host.ports.append(self._port)


def _state(port: NmapPort, attributes: dict[str, str]) -> None:
    port.state, port.reason = attributes.get("state", ""), attributes.get("reason", "")


def _service(port: NmapPort, attributes: dict[str, str]) -> None:
    def text(name: str, most: int) -> str:
        return attributes.get(name, "")[:most]

    port.service = Service(
        name=text("name", 128),
        product=text("product", 512),
        version=text("version", 256),
        extra=text("extrainfo", 512),
        tunnel=text("tunnel", 32),
        confidence=min(max(int(attributes.get("conf", "0")), 0), 10),
    )


def _cpe(port: NmapPort, text: str) -> None:
    if len(port.service.cpe) < 16:
        port.service = port.service.model_copy(update={"cpe": (*port.service.cpe, text[:256])})


def _script(port: NmapPort, attributes: dict[str, str]) -> None:
    if len(port.scripts) < _MOST_SCRIPTS:
        port.scripts[attributes.get("id", "")[:64]] = attributes.get("output", "")[:_SCRIPT_CHARS]


def _bounds(part: str) -> tuple[int, int]:
    first, _, last = part.partition("-")
    return int(first), int(last or first)
