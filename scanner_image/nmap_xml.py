"""nmap's XML, read as it comes: each host is handed on when its element ends, and a document that breaks off costs only what follows."""

import contextlib
from collections.abc import Callable
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from scanner_image.nmap_host import NmapHost
from scanner_image.nmap_reader import Reader
from scanner_image.xml_text import XmlText

_LONGEST = 1 << 23
"""Bytes of one element's beginning, whose attributes a parser holds until it has seen them all: no script says as much."""


class NmapXml:
    """A parser to `feed`; `finished` is true once nmap itself said that its run ended well. Bad input ends it, and never raises."""

    def __init__(self, *, host: Callable[[NmapHost], None], progress: Callable[[str, float], None]) -> None:
        self._parser = DefusedXMLParser(forbid_dtd=False, forbid_entities=True)
        if hasattr(self._parser.parser, "SetReparseDeferralEnabled"):
            # Newer ones put off what comes in small pieces; a host is to be known when nmap has told it.
            self._parser.parser.SetReparseDeferralEnabled(False)
        self._reader = Reader(self._parser.parser, host, progress)
        self._text = XmlText()
        self._fed = 0
        self.broken = ""

    @property
    def finished(self) -> bool:
        return self._reader.finished and not self.broken

    def feed(self, data: bytes) -> None:
        self._try(lambda: self._take(self._text.take(data)))

    def close(self) -> None:
        """No more comes: what the parser has put off is read. A document that breaks off is no bad one."""
        with contextlib.suppress(ExpatError):
            self._try(lambda: self._parser.parser.Parse(b"", True))

    def _try(self, read: Callable[[], object]) -> None:
        if self.broken:
            return
        try:
            read()
        except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
            self.broken = f"{type(error).__name__}: {error}"[:200]

    def _take(self, text: bytes) -> None:
        self._parser.feed(text)
        self._fed += len(text)
        if self._fed - self._parser.parser.CurrentByteIndex > _LONGEST:
            raise ValueError(f"an element of more than {_LONGEST} bytes")
