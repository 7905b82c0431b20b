"""Blows at random moments: whatever falls, the scan ends in time, nothing false is kept, and what it calls whole is whole."""

import random
import time

import pytest

from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Project
from tests.faults.blows import BLOWS
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]


@pytest.mark.parametrize("seed", range(12))
def test_a_blow_at_a_random_moment_leaves_only_what_is_true(project: Project, lab: Lab, seed: int) -> None:
    chance = random.Random(seed)
    scanned = targets(lab, "web", "mail", "ssh", versions=(4, 6))
    network = project.network(targets=scanned, ports=PORTS, rate=600)
    scan = project.start(network)
    time.sleep(chance.uniform(0, 25))
    blow = list(BLOWS)[seed % len(BLOWS)]
    BLOWS[blow](project, scan, chance)
    ended = project.ended(scan, seconds=300)
    real = truth(lab, scanned)
    assert project.open() <= real, blow
    if ended["status"] == "completed":
        assert project.open() == real, blow
    else:
        assert ended["counts"]["cells_covered"] < ended["counts"]["cells"] or ended["status"] == "cancelled", blow
    mended = project.scan(network, seconds=300)
    assert (mended["status"], project.open()) == ("completed", real), blow
