"""Ports that nmap lists together."""

import pytest

from scanner_image.left_out import ports_of


@pytest.mark.parametrize("listed", ["1-3,7", "7,1-3,", "1,2,3,7"])
def test_ports_and_ranges_are_read_in_any_order(listed: str) -> None:
    assert [*ports_of(listed)] == [1, 2, 3, 7]


def test_a_list_of_any_length_is_read() -> None:
    assert ports_of(",".join(map(str, range(1, 60_000, 2)))).count == 30_000


def test_nothing_is_no_port() -> None:
    assert not ports_of("")


def test_what_is_no_port_is_an_error() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        ports_of("1-x")
