"""The slow path of the lab is as slow, and loses as much, as it is told to."""

import subprocess
import time

import pytest

from tests.lab.lab import Lab
from tests.lab.slow_path import SlowPath, slowed

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(120)]


def connected(lab: Lab, *, times: int = 20) -> tuple[int, float]:
    """How many connections to a web server came about, and how long all took together."""
    address = lab.host("web").address
    knock = f"exec 3<>/dev/tcp/{address}/80"
    started = time.monotonic()
    came = sum(
        subprocess.run(
            lab.in_worker(["timeout", "5", "bash", "-c", knock]), check=False, capture_output=True
        ).returncode
        == 0
        for _ in range(times)
    )
    return came, time.monotonic() - started


def test_every_connection_waits_out_the_delay_of_both_ways(lab: Lab) -> None:
    with slowed(lab, SlowPath(pps=5000, delay_ms=30, lost_of_1000=0)) as passed:
        came, seconds = connected(lab)
    assert came == 20
    assert seconds > 20 * 0.06
    assert passed.to_hosts.passed >= 40
    assert (passed.to_hosts.lost, passed.to_hosts.dropped, passed.to_workers.lost) == (0, 0, 0)


def test_what_is_lost_is_counted_and_does_not_arrive(lab: Lab) -> None:
    with slowed(lab, SlowPath(pps=5000, delay_ms=0, lost_of_1000=1000)) as passed:
        came, _ = connected(lab, times=2)
    assert (came, passed.to_hosts.passed) == (0, 0)
    assert passed.to_hosts.lost >= 2


def test_afterwards_the_way_is_short_again(lab: Lab) -> None:
    with slowed(lab, SlowPath(pps=5000, delay_ms=0, lost_of_1000=1000)):
        pass
    assert connected(lab, times=2)[0] == 2
