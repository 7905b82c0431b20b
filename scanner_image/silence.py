"""Silence in one run of nmap: an answer as long as nmap could send, and taken back once it says that it could not."""

from functions.core.addresses import Address
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from scanner_image.cells import Verdict
from scanner_image.findings import Findings
from scanner_image.nmap_host import NmapHost

_SILENT = frozenset({Answer.NO_ANSWER, Answer.OPEN_FILTERED})
_NOT_HEARD = "no-response"


class Silence:
    def __init__(self, found: Findings) -> None:
        self._found = found
        self._held: list[tuple[Address, IntervalSet, Verdict]] = []
        self._unsent: Verdict | None = None

    def heard(self, host: NmapHost, address: Address, ports: IntervalSet, verdict: Verdict) -> None:
        """What nmap's account of `host` came to for some of its ports."""
        if verdict.answer in _SILENT or (not host.up and host.reason == _NOT_HEARD):
            self._held.append((address, ports, verdict))
            self._take_back()

    def unsent(self, why: str) -> None:
        self._unsent = Verdict(Answer.NOT_COVERED, Method.NONE, why)
        self._take_back()

    def _take_back(self) -> None:
        if self._unsent is None:
            return
        cells = self._found.cells
        for address, ports, verdict in self._held:
            # Another tool may have heard something there since.
            still = cells.row(address).get(verdict, IntervalSet()) & ports
            cells.mark(address, still, self._unsent, at=self._found.clock())
            self._found.not_asked(address)
        self._held.clear()
