"""What nmap says on standard error of packets that this machine did not take."""

import tracemalloc

import pytest

from scanner_image.nmap_errors import NmapErrors

REFUSED = b"sendto in send_ip_packet_sd: sendto(5, packet, 44, 0, 10.0.0.1, 16) => Operation not permitted\n"
OFFENDING = b"Offending packet: TCP 10.0.0.2:61000 > 10.0.0.1:80 S ttl=40 id=1 iplen=44  seq=1 win=1024 <mss 1460>\n"
ARP = b"WARNING: eth_send of ARP packet returned -1 rather than expected 42 (errno=105: No buffer space available)\n"
FIRST_ARP = b"WARNING: doArp: eth_send of ARP packet returned 4294967295 rather than expected 42 bytes\n"
CONNECTION = b"Strange read error from 10.0.0.1 (99 - 'Cannot assign requested address')\n"
HARMLESS = b"RTTVAR has grown to over 2.3 seconds, decreasing to 2.0\n"


def read(*pieces: bytes) -> tuple[str, list[str]]:
    told: list[str] = []
    errors = NmapErrors(told.append)
    for piece in pieces:
        errors.feed(piece)
    return errors.unsent, told


@pytest.mark.parametrize(
    ("line", "unsent"),
    [
        (REFUSED, "could not send: Operation not permitted"),
        (ARP, "could not send: No buffer space available"),
        (FIRST_ARP, "could not send"),
        (CONNECTION, "could not send: Cannot assign requested address"),
    ],
)
def test_a_packet_that_was_not_taken_is_told_with_its_reason(line: bytes, unsent: str) -> None:
    assert read(line) == (unsent, [unsent])


@pytest.mark.parametrize("step", [1, 7, 90])
def test_a_line_is_read_in_any_pieces(step: int) -> None:
    pieces = (REFUSED[start : start + step] for start in range(0, len(REFUSED), step))

    assert read(*pieces)[0].endswith("Operation not permitted")


def test_a_line_is_found_after_whatever_was_said_before() -> None:
    assert read(HARMLESS * 9000, b"x" * 100_000 + b"\n", REFUSED)[0].endswith("Operation not permitted")


def test_the_first_reason_is_told_and_told_once() -> None:
    unsent, told = read(REFUSED, OFFENDING, ARP, REFUSED)

    assert told == [unsent]
    assert unsent.endswith("Operation not permitted")


@pytest.mark.parametrize(
    "line",
    [
        HARMLESS,
        OFFENDING,
        b"Warning: 10.0.0.1 giving up on port because retransmission cap hit (2).\n",
        b"Strange read error from 10.0.0.1 (71 - 'Protocol error')\n",
        b"a banner of sendto in x: sendto(5) => Operation not permitted\n",
        REFUSED.rstrip(),
    ],
)
def test_anything_else_changes_nothing(line: bytes) -> None:
    assert read(line) == ("", [])


def test_a_reason_stays_one_short_plain_line() -> None:
    unsent, _ = read(REFUSED.replace(b"Operation", b"\x1b[2J\x00" + b"x" * 500))

    assert unsent.isprintable()
    assert len(unsent) < 130


def test_endless_standard_error_takes_no_memory() -> None:
    errors, piece = NmapErrors(lambda _: None), b"x" * 10_000
    tracemalloc.start()

    for _ in range(1000):
        errors.feed(piece)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000
    assert errors.beginning == "x" * 200
