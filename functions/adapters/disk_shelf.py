"""What a result document says, block by block, in as much memory for a million observations as for ten thousand."""

import base64
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Self

from pydantic import TypeAdapter

from functions.core.block import Block
from functions.core.block_evidence import BlockEvidence, Cell, MemoryShelf, Piece, Rectangle, Seen
from functions.core.messages import HostLine

if TYPE_CHECKING:
    from functions.adapters.spill import Spill

MOST_IN_MEMORY = 10_000
_ROW: TypeAdapter[tuple[Block, list[Rectangle], list[tuple[Cell, Seen]], list[HostLine]]] = TypeAdapter(
    tuple[Block, list[Rectangle], list[tuple[Cell, Seen]], list[HostLine]]
)


class DiskShelf:
    """Keeps `most` pieces in memory; with more, all of them go to this machine's disk, sorted there by block."""

    def __init__(self, held: ExitStack, most: int) -> None:
        self._held = held
        self._most = most
        self._memory, self._count = MemoryShelf(), 0
        self._spill: Spill | None = None
        self._spills = 0

    @classmethod
    @contextmanager
    def opened(cls, most: int = MOST_IN_MEMORY) -> Iterator[Self]:
        with ExitStack() as held:
            yield cls(held, most)

    def put(self, block: Block, piece: Piece) -> None:
        self._memory.put(block, piece)
        self._count += 1
        if self._count >= self._most:
            self._clear()

    def blocks(self) -> Iterator[BlockEvidence]:
        if self._spill is None:
            return self._memory.blocks()
        self._clear()
        return self._read(self._spill)

    def _clear(self) -> None:
        if self._spill is None:
            from functions.adapters.spill import Spill  # most documents need no database

            self._spill = self._held.enter_context(Spill.on_disk())
        self._spills += 1
        for each in self._memory.blocks():
            self._spill.put(f"{_key(each.block)} {self._spills:09}", _packed(each))
        self._memory, self._count = MemoryShelf(), 0

    @staticmethod
    def _read(spill: "Spill") -> Iterator[BlockEvidence]:
        for _, rows in groupby(spill, key=lambda row: row[0].rpartition(" ")[0]):
            yield _joined(text for _, text in rows)


def _key(block: Block) -> str:
    return f"{block.version} {block.base:032x} {block.name}"


def _packed(evidence: BlockEvidence) -> str:
    lines = [line for told in evidence.hosts.values() for line in told]
    row = _ROW.dump_json((evidence.block, evidence.rectangles, list(evidence.observed.items()), lines))
    return base64.b64encode(zlib.compress(row, 1)).decode("ascii")


def _joined(texts: Iterator[str]) -> BlockEvidence:
    first, *more = (_ROW.validate_json(zlib.decompress(base64.b64decode(text))) for text in texts)
    evidence = BlockEvidence(first[0])
    for _, rectangles, observed, hosts in (first, *more):
        pieces: list[Piece] = [*rectangles, *observed, *hosts]
        for piece in pieces:
            evidence.add(piece)
    return evidence
