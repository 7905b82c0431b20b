"""Rows of chunks, each gone through by one execution: how a plan is dealt out to those that go side by side."""

from collections.abc import Iterator, Sequence
from math import ceil

ROOM = 400
"""Chunks of a row: some 40 events for one that is retried once, and as many as 160 for one that waits long, of the 25,000
that Step Functions keeps of an execution."""


def deal(chunks: Sequence[str], lanes: int, *, short: bool) -> list[Sequence[str]]:
    """The rows, in the order in which they are begun; each chunk is in one, and chunks that are neighbours are begun together.

    As many as there are lanes, or more where they have no room. `short`: half of what is left at a time, so that the last
    rows are of one chunk and no lane is idle while another has a row left; for where `lanes` rows at most go side by side.
    """
    if not short:
        rows = min(len(chunks), max(lanes, ceil(len(chunks) / ROOM)))
        return [chunks[row::rows] for row in range(rows)]
    return [row for part in _halves(chunks, lanes) for row in (part[lane::lanes] for lane in range(lanes)) if row]


def _halves(chunks: Sequence[str], lanes: int) -> Iterator[Sequence[str]]:
    begun = 0
    while begun < len(chunks):
        rounds = min(ROOM, max(1, (len(chunks) - begun) // (2 * lanes)))
        yield chunks[begun : begun + rounds * lanes]
        begun += rounds * lanes
