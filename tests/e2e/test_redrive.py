"""A scan of the lab that lost chunks is redriven on the deployed stack: it ends whole, and nothing is told twice."""

import os
import signal
from collections import Counter
from contextlib import suppress

import pytest

from cli.errors import DONE
from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Project, eventually
from tests.e2e.test_faults import chunks, running_worker
from tests.e2e.workers import Worker
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]


def kill_masscan(worker: Worker) -> bool:
    """Whether it was there to be killed: between two of its runs it is not."""
    for tool in worker.tools("masscan"):
        with suppress(ProcessLookupError):
            os.kill(tool, signal.SIGKILL)
            return True
    return False


def test_a_scan_that_lost_a_chunk_is_redriven_to_its_whole_and_nothing_is_told_twice(
    project: Project, lab: Lab
) -> None:
    elsewhere = targets(lab, "silent", versions=[6])
    scanned = [*targets(lab, "web", "mail"), *elsewhere]
    alerts = {"baseline": "alert"}
    network = project.network(targets=scanned, ports=PORTS, rate=300, profile="discovery", alerts=alerts)
    scan = project.start(network)
    victim = running_worker(scan)
    eventually(lambda: kill_masscan(victim), what="masscan is killed, if not in this run then in the next")
    ended = project.ended(scan)
    assert ended["status"] == "partial"
    before, opened = chunks(project, scan), project.open()

    followed = project.platform.command("scans", "redrive", scan["id"], "--project", project.id)
    assert followed.returncode == DONE, followed.stdout + followed.stderr
    again = project.get("scans", scan["id"])
    assert (again["status"], again["run"], again["redriven"], again["reason"]) == ("completed", 2, 2, "")
    assert again["counts"]["cells_covered"] == again["counts"]["cells"]
    after = chunks(project, scan)
    whole = {name for name, chunk in before.items() if chunk["counts"]["cells_covered"] == chunk["cells"]}
    assert all(after[name] == before[name] for name in whole)
    assert all(after[name]["run"] == 2 for name in set(after) - whole)
    assert opened <= project.open() == truth(lab, scanned)
    machine = project.platform.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    execution = project.platform.aws("stepfunctions").describe_execution(executionArn=f"{machine}:{scan['id']}-2")
    assert execution["status"] == "SUCCEEDED"

    def told() -> Counter[tuple[str, str, int]]:
        return Counter((each["type"], each["asset"], each["port"]) for each in project.items("alerts") if each["port"])

    found = {(asset, port) for asset, _, port in project.open()}
    eventually(lambda: {(asset, port) for _, asset, port in told()} == found, seconds=240, what="every port is told")
    assert set(told().values()) == {1}
