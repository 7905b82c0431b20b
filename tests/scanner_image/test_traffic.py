"""What an attempt sends is what the kernel counts on its interfaces."""

from pathlib import Path

import pytest

from scanner_image.traffic import Traffic

HEAD = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
"""


def line(name: str, *, sent: int, packets: int) -> str:
    return f"{name:>6}: 9000000      70    0    0    0     0          0         0 {sent:>8} {packets:>7}    0    0    0     0       0          0\n"


def nothing() -> int:
    return 0


@pytest.fixture
def counters(tmp_path: Path) -> Path:
    file = tmp_path / "dev"
    file.write_text(HEAD + line("lo", sent=500, packets=5) + line("eth0", sent=5_800, packets=100))
    return file


def test_nothing_is_counted_that_was_sent_before(counters: Path) -> None:
    assert Traffic(nothing, counters).sent == 0


def test_what_is_sent_counts_without_the_frames_around_it_and_loopback_not_at_all(counters: Path) -> None:
    traffic = Traffic(nothing, counters)
    counters.write_text(HEAD + line("lo", sent=9_999_999, packets=9_999) + line("eth0", sent=63_800, packets=1_100))
    assert traffic.sent == 1_000 * 44


def test_what_is_not_for_targets_is_taken_off(counters: Path) -> None:
    said = iter((7_000, 8_000, 9_000))
    traffic = Traffic(lambda: next(said), counters)
    counters.write_text(HEAD + line("eth0", sent=63_800, packets=1_100))
    assert traffic.sent == 1_000 * 44 - 1_000, "since it was made"
    assert traffic.sent == 1_000 * 44 - 1_000, "never less than before"


def test_every_interface_counts_that_comes_up_meanwhile_too(counters: Path) -> None:
    traffic = Traffic(nothing, counters)
    counters.write_text(HEAD + line("eth0", sent=11_600, packets=200) + line("eth1", sent=1_014, packets=1))
    assert traffic.sent == 100 * 44 + 1_000


def test_one_that_is_gone_or_begins_anew_takes_nothing_from_the_others(counters: Path) -> None:
    traffic = Traffic(nothing, counters)
    counters.write_text(HEAD + line("eth0", sent=58, packets=1) + line("eth1", sent=1_014, packets=1))
    assert traffic.sent == 1_000


def test_the_kernels_own_counters_are_read() -> None:
    assert Traffic(nothing).sent is not None


def test_no_scan_is_given_up_where_the_kernel_does_not_tell(counters: Path, tmp_path: Path) -> None:
    assert Traffic(nothing, tmp_path / "none").sent is None
    (tmp_path / "odd").write_text("nothing of what is known\n")
    assert Traffic(nothing, tmp_path / "odd").sent is None
    traffic = Traffic(nothing, counters)
    counters.write_text(HEAD + line("eth0", sent=63_800, packets=1_100))
    assert traffic.sent == 44_000
    counters.unlink()
    assert traffic.sent == 44_000, "what was told stands"
