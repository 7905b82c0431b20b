"""Blows at random moments: whatever falls, the scan ends in time, nothing false is kept, and what it calls whole is whole."""

import os
import random
import signal
import time

import pytest

from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Json, Project
from tests.e2e.workers import workers_of
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

BLOWS = ("kill worker", "end worker", "kill tool", "stop tool", "cancel", "abort")


def strike(project: Project, scan: Json, blow: str, chance: random.Random) -> None:
    workers = workers_of(scan["id"])
    if blow == "cancel":
        project.post("scans", scan["id"], "cancel")
    elif blow == "abort":
        machine = project.platform.outputs["StateMachineArn"]
        execution = machine.replace(":stateMachine:", ":execution:") + f":{scan['id']}-1"
        project.platform.aws("stepfunctions").stop_execution(executionArn=execution, cause="test")
    elif workers:
        worker = chance.choice(workers)
        if "worker" in blow:
            worker.signal(signal.SIGKILL if blow.startswith("kill") else signal.SIGTERM)
        else:
            for tool in worker.tools("masscan") + worker.tools("nmap"):
                os.kill(tool, signal.SIGKILL if blow.startswith("kill") else signal.SIGSTOP)


@pytest.mark.parametrize("seed", range(12))
def test_a_blow_at_a_random_moment_leaves_only_what_is_true(project: Project, lab: Lab, seed: int) -> None:
    chance = random.Random(seed)
    scanned = targets(lab, "web", "mail", "ssh", versions=(4, 6))
    network = project.network(targets=scanned, ports=PORTS, rate=600)
    scan = project.start(network)
    time.sleep(chance.uniform(0, 25))
    blow = BLOWS[seed % len(BLOWS)]
    strike(project, scan, blow, chance)
    ended = project.ended(scan, seconds=300)
    real = truth(lab, scanned)
    assert project.open() <= real, blow
    if ended["status"] == "completed":
        assert project.open() == real, blow
    else:
        assert ended["counts"]["cells_covered"] < ended["counts"]["cells"] or ended["status"] == "cancelled", blow
    mended = project.scan(network, seconds=300)
    assert (mended["status"], project.open()) == ("completed", real), blow
