"""A long run of nmap in several: nothing twice, nothing left out, and each as long as it should be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from scanner_image.slices import Slices

ports = st.frozensets(st.integers(1, 65_535), min_size=1, max_size=300).map(IntervalSet.of)


@given(ports, st.sampled_from(Protocol), st.integers(1, 70_000), st.integers(1, 100_000), st.data())
def test_each_port_is_taken_once(
    asked: IntervalSet, protocol: Protocol, hosts: int, rate: int, data: st.DataObject
) -> None:
    slices = Slices(asked, protocol=protocol, hosts=hosts, rate=rate)
    taken: list[int] = []
    while slices:
        part = slices.take()
        assert part
        taken.extend(part)
        slices.took(data.draw(st.floats(0, 1e6)))

    assert sorted(taken) == list(asked)


def sizes(count: int, *, protocol: Protocol, hosts: int = 1, rate: int = 5000, a_second: float) -> list[int]:
    """Of the runs, where so many ports a second are done."""
    slices = Slices(IntervalSet(((1, count),)), protocol=protocol, hosts=hosts, rate=rate)
    found: list[int] = []
    while slices:
        found.append(slices.take().count)
        slices.took(found[-1] / a_second)
    return found


@pytest.mark.parametrize(
    ("runs", "of"),
    [
        ([100], sizes(100, protocol=Protocol.UDP, a_second=1)),
        ([8000], sizes(8000, protocol=Protocol.TCP, a_second=500)),
        ([59, 60, 60, 120], sizes(299, protocol=Protocol.UDP, a_second=1)),
        ([62, 938], sizes(1000, protocol=Protocol.UDP, a_second=50)),
        ([333, 667], sizes(1000, protocol=Protocol.TCP, hosts=400, rate=5000, a_second=12.5)),
        ([10] * 28 + [20], sizes(300, protocol=Protocol.UDP, hosts=4000, rate=1000, a_second=0.1)),
    ],
)
def test_runs_are_of_about_a_minute_and_few_ports_are_one_run(runs: list[int], of: list[int]) -> None:
    assert of == runs


def test_a_host_has_its_time_in_proportion_to_its_ports() -> None:
    slices = Slices(IntervalSet(((1, 40_000),)), protocol=Protocol.TCP, hosts=1, rate=5000)
    slices.take()
    assert slices.host_timeout_s(900) == 180
    assert slices.host_timeout_s(60) == 60
    slices.took(20)
    slices.take()
    assert slices.host_timeout_s(900) == 405, "three tenths of the ports"

    whole = Slices(IntervalSet(((1, 100),)), protocol=Protocol.TCP, hosts=1, rate=5000)
    whole.take()
    assert whole.host_timeout_s(900) == 900
