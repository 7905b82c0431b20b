"""Packets a second, shared out."""

import pytest

from functions.core.model import Protocol
from scanner_image.batches import SIDE_BY_SIDE
from scanner_image.rates import Rates
from tests.scanner_image.fakes import chunk_spec


@pytest.mark.parametrize("rate", [200, 999, 20_000])
def test_what_goes_on_at_once_sends_no_more_than_the_whole(rate: int) -> None:
    rates = Rates.of(chunk_spec("10.9.1.1", ports="1-100", profile="standard", rate=rate))
    assert rates.overlap
    assert rates.discovery + SIDE_BY_SIDE * rates.identification(alone=False) <= rate
    assert SIDE_BY_SIDE * rates.identification(alone=True) <= rate


def test_a_low_rate_is_not_divided() -> None:
    rates = Rates.of(chunk_spec("10.9.1.1", ports="1-100", profile="standard", rate=50))
    assert (rates.overlap, rates.discovery) == (False, 50)


@pytest.mark.parametrize(("profile", "protocol"), [("discovery", Protocol.TCP), ("standard", Protocol.UDP)])
def test_what_identifies_nothing_meanwhile_has_the_whole_rate(profile: str, protocol: Protocol) -> None:
    rates = Rates.of(chunk_spec("10.9.1.1", ports="53", rate=5000, profile=profile, protocol=protocol))
    assert (rates.overlap, rates.discovery) == (False, 5000)
