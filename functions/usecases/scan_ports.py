"""The open ports that one scan saw, read from the results that the ledger accepted."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from functions.adapters.results import Results
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import InvalidInput
from functions.core.messages import ObservationLine
from functions.core.model import Model
from functions.store.cursor import Page, read_cursor, write_cursor
from functions.store.ledger import Ledger

MAX_LINES = 50_000
"""Lines of results that one page reads: a page may be short and have a next one."""
_WITH_RESULT = frozenset({ChunkStatus.SAVED, ChunkStatus.INGESTED})


class SeenPort(Model):
    chunk: str
    attempt: int
    observation: ObservationLine


@dataclass(frozen=True, kw_only=True)
class ScanPorts:
    ledger: Ledger
    results: Results

    def __call__(self, *, project: str, scan: str, limit: int, cursor: str) -> Page[SeenPort]:
        """In the order of chunks and of their documents. Raises InvalidInput for a foreign cursor, Corrupt."""
        chunk, skip = _read(read_cursor(cursor, "ports", project, scan))
        documents = [each for each in self.ledger.list(project, scan) if each.status in _WITH_RESULT]
        seen: list[SeenPort] = []
        for read, (position, port) in enumerate(self._lines(documents, chunk, skip)):
            if port is not None:
                seen.append(port)
            if len(seen) == limit or read == MAX_LINES:
                return Page(tuple(seen), write_cursor(position, "ports", project, scan))
        return Page(tuple(seen))

    def _lines(self, documents: list[Chunk], chunk: str, skip: int) -> Iterator[tuple[str, SeenPort | None]]:
        """Each line's position (the place to go on after it) and its port, None for a line about something else."""
        for document in documents:
            if document.chunk < chunk:
                continue
            start = skip if document.chunk == chunk else 0
            lines = islice(self.results.open_result(document.result_key), start, None)
            for number, line in enumerate(lines, start + 1):
                port = None
                if isinstance(line, ObservationLine) and line.state == "open":
                    port = SeenPort(chunk=document.chunk, attempt=document.attempt, observation=line)
                yield f"{document.chunk}:{number}", port


def _read(position: str) -> tuple[str, int]:
    chunk, _, number = position.partition(":")
    if position and not number.isdecimal():
        raise InvalidInput("cursor", "the cursor is damaged; start the list again without one")
    return chunk, int(number or 0)
