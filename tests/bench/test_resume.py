"""When a worker is killed: at any moment of its chunk, and before its end in any case."""

from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.bench.resume import SECONDS, Lane, Run, TooLate, expected_seconds
from tests.lab.lab import Lab

RUN = Run(killed_s=1, seconds=2, share=0, missed=0, false=0)


@pytest.fixture
def lab() -> Lab:
    hosts = [SimpleNamespace(address=IPv4Address(f"10.77.0.{number}")) for number in range(1, 15)]
    truth = {str(host.address): {("tcp", 22): None, ("udp", 53): None} for host in hosts}
    return cast("Lab", SimpleNamespace(hosts=hosts, truth=truth))


def killed_at(lab: Lab, monkeypatch: pytest.MonkeyPatch, *, length: float, moment: float) -> list[float]:
    """After how many seconds the workers of one run are killed, or would have been."""
    moments: list[float] = []

    def play(_lane: Lane, _number: int, after_s: float) -> Run:
        moments.append(after_s)
        if after_s >= length:
            raise TooLate(length)
        return RUN

    monkeypatch.setattr(Lane, "_run", play)
    assert Lane(lab, 0).run(1, moment) == RUN
    return moments


def test_a_chunk_is_expected_to_take_longer_than_to_ask_its_cells_once(lab: Lab) -> None:
    assert SECONDS + 60 < expected_seconds(lab) < 2 * SECONDS


@pytest.mark.parametrize("moment", [0.02, 0.5, 0.99])
def test_a_worker_is_killed_at_its_share_of_the_expected_length(
    moment: float, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = expected_seconds(lab)
    assert killed_at(lab, monkeypatch, length=expected, moment=moment) == [pytest.approx(moment * expected)]


def test_a_chunk_that_ended_before_is_run_again_and_its_worker_killed_before_its_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = killed_at(lab, monkeypatch, length=310, moment=0.99)
    assert first > 310
    assert 280 < second < 310


def test_chunks_that_always_end_before_fail_the_bench(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def play(_lane: Lane, _number: int, after_s: float) -> Run:
        raise TooLate(after_s / 2)

    monkeypatch.setattr(Lane, "_run", play)
    with pytest.raises(SystemExit, match="before their worker could be killed"):
        Lane(lab, 0).run(1, 0.5)


def test_a_worker_that_ends_by_itself_was_not_killed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = SimpleNamespace(wait=lambda _seconds: 0)
    monkeypatch.setattr(Lane, "_attempt", lambda *_, **__: ended)
    with pytest.raises(TooLate):
        Lane(lab, 0)._killed(Path("place"), 1)
