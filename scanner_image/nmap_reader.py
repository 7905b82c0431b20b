"""What nmap's elements say, taken from the parser itself, one host at a time."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from functions.core.facts import Certificate, HostKey
from scanner_image import certificates, host_keys
from scanner_image.left_out import ports_of
from scanner_image.nmap_ends import Ends
from scanner_image.nmap_host import NmapHost, NmapPort, NmapRest
from scanner_image.nmap_service import service_of

if TYPE_CHECKING:
    from pyexpat import XMLParserType

_SCRIPT_CHARS = 4096
_MOST_SCRIPTS = 16
_MOST_CPE = 16
_CPE_CHARS = 256
_MOST_NAMES = 16
_MOST_BELOW = 256
"""Pieces of text below one script; the last ones count, for there a certificate stands."""

_Attributes = dict[str, str]
_Start = Callable[[_Attributes], None]


class Reader:
    """Takes elements from expat itself, whose defused handlers stay as they are; holds one host at a time.

    Nearly all of a parser's time is spent on the way into Python: it goes there for no text outside of a CPE name, and for
    nothing inside of a script, whose output is an attribute.
    """

    def __init__(
        self, parser: "XMLParserType", host: Callable[[NmapHost], None], progress: Callable[[str, float], None]
    ) -> None:
        self._parser = parser
        self._hand_on = host
        self._progress = progress
        self._host = NmapHost()
        self._port: _Attributes = {}
        self._state: _Attributes = {}
        self._service: _Attributes = {}
        self._scripts: dict[str, str] = {}
        self._cpe: list[str] = []
        self._text: str | None = None
        """Of a CPE name behind a port; systems have theirs too, which nobody asks for."""
        self._certificate: tuple[Certificate, ...] = ()
        self._keys: tuple[HostKey, ...] = ()
        self._told = ""
        """By the script that is read, where what stands below it is read too."""
        self._below = deque[str](maxlen=_MOST_BELOW)
        self._rest_state = ""
        self.finished = False
        anywhere: dict[str, _Start] = {
            "host": self._start_host,
            "taskprogress": self._taskprogress,
            "finished": self._finished,
        }
        self._outside = anywhere
        self._in_host = anywhere | {
            "status": self._status,
            "address": self._address,
            "hostname": self._hostname,
            "osmatch": self._osmatch,
            "extraports": self._extraports,
            "extrareasons": self._extrareasons,
            "port": self._start_port,
        }
        self._starts = self._outside
        self._ends = Ends(self._end).__getitem__
        self._ends_in_systems = Ends(self._end_in_systems).__getitem__
        self._ends_in_script = Ends(self._end_in_script).__getitem__
        self._ends_in_certificate = Ends(self._end_in_certificate).__getitem__
        self._ends_in_keys = Ends(self._end_in_keys).__getitem__
        parser.DefaultHandlerExpand = None
        parser.CharacterDataHandler = None
        parser.SkippedEntityHandler = _refuse_entity
        parser.ordered_attributes = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._ends

    def _start(self, tag: str, attributes: _Attributes) -> None:
        if handler := self._starts.get(tag):
            handler(attributes)

    def _taskprogress(self, attributes: _Attributes) -> None:
        self._progress(attributes.get("task", ""), float(attributes.get("percent", "0")))

    def _finished(self, attributes: _Attributes) -> None:
        self.finished = attributes.get("exit") == "success"

    def _start_host(self, attributes: _Attributes) -> None:
        self._host = NmapHost(timed_out=attributes.get("timedout") == "true")
        self._starts = self._in_host

    def _end(self, tag: str) -> None:
        if tag == "port":
            self._end_port()
        elif tag == "cpe":
            self._end_cpe()
        elif tag == "host":
            self._end_host()

    def _end_host(self) -> None:
        host, self._host = self._host, NmapHost()
        self._starts = self._outside
        self._hand_on(host)

    def _status(self, attributes: _Attributes) -> None:
        self._host.up, self._host.reason = attributes.get("state") == "up", attributes.get("reason", "")[:64]

    def _address(self, attributes: _Attributes) -> None:
        host = self._host
        if attributes.get("addrtype") == "mac":
            host.mac, host.vendor = attributes.get("addr", "")[:17], attributes.get("vendor", "")[:128]
        else:
            host.address = attributes.get("addr", "")

    def _hostname(self, attributes: _Attributes) -> None:
        if len(self._host.names) < _MOST_NAMES and (name := attributes.get("name", "")[:253]):
            self._host.names.append(name)

    def _osmatch(self, attributes: _Attributes) -> None:
        """The first is the best; the others are passed over."""
        self._host.os = attributes.get("name", "")[:256]
        self._parser.StartElementHandler = None
        self._parser.EndElementHandler = self._ends_in_systems

    def _extraports(self, attributes: _Attributes) -> None:
        self._rest_state = attributes.get("state", "")

    def _extrareasons(self, attributes: _Attributes) -> None:
        ports = ports_of(attributes.get("ports", ""))
        self._host.rest.append(NmapRest(self._rest_state, attributes.get("reason", ""), ports))

    def _start_port(self, attributes: _Attributes) -> None:
        self._port, self._state, self._service, self._scripts = attributes, {}, {}, {}
        self._parser.StartElementHandler = self._start_in_port

    def _end_port(self) -> None:
        service = service_of(self._service, self._cpe)
        if self._cpe:
            self._cpe = []
        if self._certificate or self._keys:
            proofs = {"tls": self._certificate[0] if self._certificate else None, "ssh": self._keys}
            service = service.model_copy(update=proofs)
            self._certificate, self._keys = (), ()
        port, state = self._port.get, self._state.get
        self._host.ports.append(
            NmapPort(
                port("protocol", ""),
                int(port("portid", "")),
                state("state", ""),
                state("reason", ""),
                service,
                self._scripts,
            )
        )
        self._parser.StartElementHandler = self._start

    def _start_in_port(self, tag: str, attributes: _Attributes) -> None:
        """Most elements are of ports: told apart here without another call."""
        if tag == "state":
            self._state = attributes
        elif tag == "service":
            self._service = attributes
        elif tag == "cpe":
            self._text = ""
            self._parser.CharacterDataHandler = self._data
        elif tag == "script":
            self._script(attributes)
        elif handler := self._outside.get(tag):
            handler(attributes)

    def _data(self, text: str) -> None:
        """A parser may hand on one text in several pieces."""
        if self._text is not None and len(self._text) < _CPE_CHARS:
            self._text += text

    def _end_cpe(self) -> None:
        if self._text is None:
            return
        if len(self._cpe) < _MOST_CPE:
            self._cpe.append(self._text[:_CPE_CHARS])
        self._text = None
        self._parser.CharacterDataHandler = None

    def _script(self, attributes: _Attributes) -> None:
        scripts, name, told = self._scripts, attributes.get("id", ""), attributes.get("output", "")
        if len(scripts) < _MOST_SCRIPTS:
            scripts[name[:64]] = told[:_SCRIPT_CHARS]
        parser = self._parser
        parser.StartElementHandler = None
        if name == certificates.SCRIPT:
            self._told = told
            parser.CharacterDataHandler, parser.EndElementHandler = self._below.append, self._ends_in_certificate
        elif name == host_keys.SCRIPT:
            parser.CharacterDataHandler, parser.EndElementHandler = self._below.append, self._ends_in_keys
        else:
            parser.EndElementHandler = self._ends_in_script

    def _end_in_systems(self, tag: str) -> None:
        if tag == "os":
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._ends

    def _end_in_script(self, tag: str) -> None:
        if tag == "script":
            self._leave_script()

    def _end_in_certificate(self, tag: str) -> None:
        if tag == "script":
            self._certificate = certificates.certificate_of(self._told, "".join(self._below))
            self._leave_script()

    def _end_in_keys(self, tag: str) -> None:
        if tag == "script":
            self._keys = host_keys.keys_of("".join(self._below))
            self._leave_script()

    def _leave_script(self) -> None:
        self._below.clear()
        self._parser.CharacterDataHandler = None
        self._parser.StartElementHandler = self._start_in_port
        self._parser.EndElementHandler = self._ends


def _refuse_entity(name: str, _is_parameter_entity: bool) -> None:
    """expat passes over an entity that an outer DTD might declare; nobody's document needs one."""
    raise ValueError(f"undefined entity {name[:64]}")
