"""masscan's own account of its run, in the bytes that it really writes."""

import tracemalloc
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.addresses import Address
from functions.core.intervals import IntervalSet
from scanner_image.masscan import Counters, Pass, target_lines
from scanner_image.path import Path as Route

SAMPLES = Path(__file__).parent / "samples"
ACCOUNT = b"vedette-pcap: received 40, dropped 0, unread 0, sent 104, unsent 0\n"
WAITED = b"rate:  0.00-kpps, 100.00% done, waiting 0-secs, found=0       \n"


class Heard:
    def __init__(self) -> None:
        self.open: list[tuple[Address, int]] = []
        self.progress: list[float] = []
        self.counters = Counters(
            lambda address, port: self.open.append((address, port)), self.progress.append, asked=104
        )


@pytest.mark.parametrize("step", [1, 10, 4096])
def test_a_real_run_is_read_in_any_pieces_and_believed(step: int) -> None:
    heard = Heard()
    out = (SAMPLES / "masscan_stdout.txt").read_bytes()
    err = (SAMPLES / "masscan_stderr.txt").read_bytes() + b"\n" + ACCOUNT
    for start in range(0, len(out), step):
        heard.counters.stdout(out[start : start + step])
    for start in range(0, len(err), step):
        heard.counters.stderr(err[start : start + step])

    assert len(heard.open) == 18
    assert (ip_address("10.77.0.3"), 8000) in heard.open
    assert heard.progress[-1] == 1.0
    assert heard.counters.missing(0) == ""


def test_lines_of_other_kinds_are_not_findings() -> None:
    heard = Heard()

    heard.counters.stdout(b"Banner on port 80/tcp on 10.0.0.1: Discovered open port 81/tcp on 10.0.0.2\n")
    heard.counters.stdout(b"Discovered open port 53/udp on 10.0.0.1\nDiscovered open port 80/tcp on 10.0.0.1; id\n")

    assert heard.open == []


def test_endless_standard_error_takes_no_memory() -> None:
    heard, piece = Heard(), b"x" * 10_000
    tracemalloc.start()

    for _ in range(1000):
        heard.counters.stderr(piece)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000


def test_targets_are_written_as_ranges() -> None:
    numbers = IntervalSet(((10 << 24, (10 << 24) + 9), ((10 << 24) + 20, (10 << 24) + 20)))

    assert target_lines(numbers, Route(4, "eth0")) == ["10.0.0.0-10.0.0.9", "10.0.0.20"]


def test_a_part_of_the_cells_ends_a_step_beyond_the_last() -> None:
    heard = Heard()
    heard.counters.stderr(b"rate:  0.00-kpps, 100.03% done, waiting 1-secs, found=0       \r" + b"\n" + ACCOUNT)

    assert heard.counters.missing(0) == ""


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (ACCOUNT, ""),
        (ACCOUNT.replace(b"sent 104", b"sent 9000"), ""),
        (ACCOUNT.replace(b"sent 104", b"sent 103"), "sent 103 packets to ask 104 cells"),
        (ACCOUNT.replace(b"unsent 0", b"unsent 1"), "1 packets were not taken by the interface"),
        (ACCOUNT.replace(b"dropped 0", b"dropped 7").replace(b"unsent 0", b"unsent 1"), "1 packets were not taken"),
    ],
)
def test_what_the_interface_did_not_take_was_not_asked(account: bytes, why: str) -> None:
    heard = Heard()
    heard.counters.stderr(WAITED + account)

    assert why in heard.counters.missing(0)
    assert bool(heard.counters.missing(0)) == bool(why)
    assert not heard.counters.overrun, "a slower run would not help"


@pytest.mark.parametrize("rate", [4000, 2501, 525, 7])
def test_a_part_of_the_cells_is_the_same_at_any_rate(rate: int) -> None:
    """masscan goes through `index + rate`, from its part's number on by the number of parts."""
    part = Pass(rate=rate, shard=(1, 8))

    assert (part.residue - 1 + rate) % 8 == 0
    assert 1 <= part.residue <= 8


@given(
    cells=st.integers(1, 400),
    parts=st.integers(1, 40),
    part=st.integers(0, 39),
    rate=st.integers(1, 99),
    index=st.integers(0, 400),
)
def test_no_run_is_held_to_more_than_it_asks(cells: int, parts: int, part: int, rate: int, index: int) -> None:
    """masscan begins at its index and its part's number, and ends before the number of cells."""
    one = Pass(rate=rate, shard=(part % parts + 1, parts), index=min(index, cells))

    asked = len(range(one.begins + one.residue - 1, cells, parts))

    assert asked - 1 <= one.least(cells) <= asked
    assert one.begins <= one.index
    assert parts > 1 or one.least(cells) == asked == cells - one.index
