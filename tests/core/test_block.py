"""Assets fall into blocks, and come out of them again."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.block import Block, blocks_of
from functions.core.intervals import IntervalSet


@pytest.mark.parametrize(
    ("asset", "first", "offset"),
    [
        ("10.0.0.0", "10.0.0.0", 0),
        ("10.0.0.255", "10.0.0.0", 255),
        ("10.0.1.0", "10.0.1.0", 0),
        ("fd00::7", "fd00::", 7),
        ("fd00:0:0:1::", "fd00:0:0:1::", 0),
        ("fd00::ffff:ffff:ffff:ffff", "fd00::", 2**64 - 1),
        ("www.example", "www.example", 0),
    ],
)
def test_an_asset_has_a_block_and_a_place_in_it(asset: str, first: str, offset: int) -> None:
    block = Block.of(asset)
    assert (block.first, block.offset(asset), block.asset(offset)) == (first, offset, asset)


def test_a_hostname_in_any_case_is_one_block() -> None:
    assert Block.of("WWW.example") == Block.of("www.EXAMPLE")


def test_blocks_of_both_versions_and_names_have_an_order() -> None:
    blocks = [Block.of(asset) for asset in ("fd00::1", "10.0.1.1", "a.example", "10.0.0.1")]
    assert [block.first for block in sorted(blocks)] == ["a.example", "10.0.0.0", "10.0.1.0", "fd00::"]


@given(ranges=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 600)), max_size=4))
def test_the_parts_of_the_blocks_are_the_whole(ranges: list[tuple[int, int]]) -> None:
    base = int(ipaddress.ip_address("10.0.0.0"))
    numbers = IntervalSet.from_ranges((base + first, base + first + size) for first, size in ranges)
    parts = list(blocks_of(numbers, 4))
    whole = [block.base + offset for block, offsets in parts for offset in offsets]
    assert sorted(whole) == list(numbers)
    assert len({block for block, _ in parts}) == len(parts)
    assert all(0 <= offset <= 255 for _, offsets in parts for offset in offsets)
