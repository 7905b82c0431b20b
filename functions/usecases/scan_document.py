"""What one scan saw as one nmap document: hosts in order, each once, whatever chunks it was cut into."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby

from functions.adapters.results import Results
from functions.adapters.spill import Spill
from functions.core import nmap_document
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.messages import HostLine, ObservationLine, ResultHeader
from functions.core.scan import Scan
from functions.store import keys
from functions.store.ledger import Ledger

_WITH_RESULT = frozenset({ChunkStatus.SAVED, ChunkStatus.INGESTED})
_NAMED, _UNNAMED, _PORT = "0", "1", "2"
"""Of one host in this order: a line that has names, then one that has none, then its ports."""


@dataclass(frozen=True, kw_only=True)
class ScanDocument:
    ledger: Ledger
    results: Results
    spill: Callable[[], AbstractContextManager[Spill]] = Spill.on_disk

    def __call__(self, scan: Scan, *, count: Callable[[], None]) -> Iterator[str]:
        """The document piece by piece; `count` is called for each port. Raises NotFound, Corrupt for a result that is gone or bad."""
        with self.spill() as lines:
            tools: dict[str, str] = {}
            for chunk in self.ledger.list(scan.project, scan.id):
                if chunk.status in _WITH_RESULT:
                    self._read(chunk, lines, tools)
            yield from nmap_document.beginning(scan, tools)
            hosts = 0
            for _, of_host in groupby(lines, key=lambda line: line[0].rsplit("|", 2)[0]):
                hosts += 1
                yield from _host(of_host, count)
            yield from nmap_document.end(scan, hosts)

    def _read(self, chunk: Chunk, lines: Spill, tools: dict[str, str]) -> None:
        for line in self.results.open_result(chunk.result_key):
            match line:
                case ResultHeader():
                    tools.update(line.tools)
                case HostLine(up=True):
                    kind = _NAMED if line.names or line.mac or line.os else _UNNAMED
                    lines.put(_key(line, kind, ""), line.model_dump_json())
                case ObservationLine():
                    lines.put(_key(line, _PORT, f"{line.protocol}{line.port:05}"), line.model_dump_json())


def _key(line: HostLine | ObservationLine, kind: str, cell: str) -> str:
    """Sorts as addresses do; neither an asset nor an address has a bar in it."""
    return f"{keys.asset_key(line.asset)}|{line.address}|{kind}|{cell}"


def _host(lines: Iterator[tuple[str, str]], count: Callable[[], None]) -> Iterator[str]:
    first: HostLine | None = None
    waiting: ObservationLine | None = None
    for key, text in lines:
        if key.rsplit("|", 2)[1] == _PORT:
            waiting = ObservationLine.model_validate_json(text)
            break
        first = first or HostLine.model_validate_json(text)
    if first is None and waiting is not None:
        first = HostLine(asset=waiting.asset, address=waiting.address, up=True, at=waiting.at)
    if first is not None:
        yield from nmap_document.host(first, _ports(waiting, lines, count))


def _ports(
    waiting: ObservationLine | None, lines: Iterator[tuple[str, str]], count: Callable[[], None]
) -> Iterator[ObservationLine]:
    if waiting is not None:
        count()
        yield waiting
    for _, text in lines:
        count()
        yield ObservationLine.model_validate_json(text)
