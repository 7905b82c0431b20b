"""Coverage: disjoint rectangles whose union is the chunk, whatever was marked in whatever order."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from functions.core.messages import PinnedHost
from scanner_image.cells import Cells, Verdict
from tests.scanner_image.cells_of import answers, cells
from tests.scanner_image.fakes import chunk_spec

AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = int(ip_address("10.9.1.0"))
SPEC = chunk_spec(
    "10.9.1.0-10.9.1.5",
    "10.9.1.9",
    "2001:db8::1-2001:db8::2",
    ports="1-4,9",
    hosts=(PinnedHost(name="a.example.org", addresses=("10.9.1.1", "10.9.2.1")),),
)
VERDICTS = [Verdict(answer, Method.SYN) for answer in Answer]
ADDRESSES = [ip_address(text) for text in ("10.9.1.0", "10.9.1.1", "10.9.2.1", "10.9.1.9", "2001:db8::2", "192.0.2.1")]

ports = st.frozensets(st.integers(0, 11), min_size=1).map(IntervalSet.of)
marks = st.tuples(st.just("mark"), st.sampled_from(ADDRESSES), ports, st.sampled_from(VERDICTS))
singles = st.tuples(st.just("one"), st.sampled_from(ADDRESSES), st.integers(1, 4), st.sampled_from(VERDICTS))
spans = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(
    lambda ends: IntervalSet.from_ranges([(FIRST + min(ends), FIRST + max(ends))])
)
regions = st.tuples(st.just("settle"), st.just(4), spans, st.sampled_from(VERDICTS))


@given(st.lists(st.one_of(marks, singles, regions), max_size=12))
def test_the_rectangles_are_disjoint_and_their_union_is_the_chunk(
    steps: list[tuple[str, object, object, Verdict]],
) -> None:
    found = Cells(SPEC, at=AT)
    for name, *arguments in steps:
        {"mark": found.mark, "one": found.mark_one, "settle": found.settle}[name](*arguments, at=AT)  # type: ignore[operator]

    cells(SPEC, list(found.lines()))


def test_nothing_marked_is_nothing_covered() -> None:
    found = Cells(SPEC, at=AT)

    assert set(answers(SPEC, list(found.lines())).values()) == {Answer.NOT_COVERED}
    assert not found.complete


def test_a_mark_outlives_the_settling_of_its_region_and_a_later_mark_wins() -> None:
    found = Cells(SPEC, at=AT)
    address = ip_address("10.9.1.0")
    found.mark_one(address, 2, Verdict(Answer.OPEN, Method.SYN), at=AT)
    found.mark_one(address, 3, Verdict(Answer.OPEN, Method.SYN), at=AT)
    found.settle(4, IntervalSet(((FIRST, FIRST + 20),)), Verdict(Answer.NOT_OPEN, Method.SYN), at=AT)
    found.mark(address, IntervalSet(((3, 3),)), Verdict(Answer.REFUSED, Method.CONNECT), at=AT)

    covered = answers(SPEC, list(found.lines()))

    assert [covered["10.9.1.0", port] for port in (1, 2, 3)] == [Answer.NOT_OPEN, Answer.OPEN, Answer.REFUSED]
    assert covered["2001:db8::1", 1] == Answer.NOT_COVERED


def test_a_line_tells_when_its_cells_were_last_probed() -> None:
    found = Cells(SPEC, at=AT)
    later = AT + timedelta(seconds=5)
    found.mark(ip_address("10.9.1.0"), IntervalSet(((1, 1),)), Verdict(Answer.OPEN, Method.SYN), at=AT)
    found.mark(ip_address("10.9.1.1"), IntervalSet(((1, 1),)), Verdict(Answer.OPEN, Method.SYN), at=later)

    assert {line.at for line in found.lines() if line.answer == Answer.OPEN} == {later}


def test_a_large_block_is_few_lines() -> None:
    spec = chunk_spec("10.0.0.0-10.255.255.255", ports="1-1000")
    found = Cells(spec, at=AT)
    found.settle(4, IntervalSet(((10 << 24, (11 << 24) - 1),)), Verdict(Answer.NOT_OPEN, Method.SYN), at=AT)
    for last in range(100):
        found.mark_one(ip_address((10 << 24) + last * 7), 80, Verdict(Answer.OPEN, Method.SYN), at=AT)

    assert len(list(found.lines())) == 3
