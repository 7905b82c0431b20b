"""A shelf on disk gives back what one in memory would, however little it keeps in memory."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.adapters.disk_shelf import DiskShelf
from functions.core.block import Block
from functions.core.block_evidence import BlockEvidence, MemoryShelf, Piece, Rectangle, Seen
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.messages import HostLine
from functions.core.service import Service

AT = datetime(2026, 11, 21, tzinfo=UTC)
BLOCKS = [
    Block.of(each)
    for each in ("10.0.0.1", "10.0.1.1", "2001:db8::1", "www.example", "www.example.org", "www-a.example")
]

times = st.integers(0, 5).map(lambda seconds: AT + timedelta(seconds=seconds))
texts = st.text(max_size=9)
services = st.builds(Service, name=texts, cpe=st.tuples(texts), confidence=st.integers(0, 10))
answers, methods = st.sampled_from(Answer), st.sampled_from(Method)
sets = st.integers(0, 5).map(lambda number: IntervalSet(((number, number + 2), (number + 9, number + 9))))
rectangles = st.builds(Rectangle, sets, sets, answers, methods, times)
seen = st.builds(Seen, answers, methods, times, texts, services)
observed = st.tuples(st.tuples(st.integers(0, 3), st.integers(1, 3)), seen)
hosts = st.builds(
    HostLine,
    asset=st.sampled_from("ab"),
    address=st.sampled_from("xyz"),
    up=st.booleans(),
    names=st.tuples(texts),
    at=times,
)
pieces = st.lists(st.tuples(st.sampled_from(BLOCKS), rectangles | observed | hosts), max_size=40)


def in_memory(told: list[tuple[Block, Piece]]) -> list[BlockEvidence]:
    shelf = MemoryShelf()
    for block, piece in told:
        shelf.put(block, piece)
    return list(shelf.blocks())


@settings(max_examples=30, deadline=None)
@given(pieces, st.sampled_from((1, 3, 7, 1000)))
def test_what_is_put_comes_back_block_by_block(told: list[tuple[Block, Piece]], most: int) -> None:
    with DiskShelf.opened(most) as shelf:
        for block, piece in told:
            shelf.put(block, piece)
        found = list(shelf.blocks())
    assert sorted(found, key=lambda each: each.block) == in_memory(told)


def test_a_document_that_fits_into_memory_needs_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.adapters.spill.TemporaryDirectory", lambda: pytest.fail("it went to disk"))
    rectangle = Rectangle(IntervalSet(((1, 1),)), IntervalSet(((1, 1),)), Answer.OPEN, Method.SYN, AT)
    with DiskShelf.opened(len(BLOCKS) + 1) as shelf:
        for block in BLOCKS:
            shelf.put(block, rectangle)
        assert [each.rectangles for each in shelf.blocks()] == [[rectangle]] * len(BLOCKS)
