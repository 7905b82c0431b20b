"""The platform with its tasks in containers: deployed, scanned with, and compared with what is really there."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from infra.local.emulator import free_port
from tests.container.engine import Engine
from tests.container.figures import timed
from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Json, Platform, Project, deployed, eventually
from tests.lab.lab import Lab
from tests.lab.namespaces import run

pytestmark = [pytest.mark.container, pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def platform(engine: Engine, image: str, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with ExitStack() as at_the_end:
        with timed("up"):
            root = tmp_path_factory.mktemp("platform")
            standing = at_the_end.enter_context(deployed(root, port=free_port(), engine=engine.client))
        standing.place_tasks(lab.worker_namespaces[:1])
        yield standing


def task_container(engine: Engine) -> Json | None:
    """The running task's container, as the engine describes it."""
    for name in engine.containers():
        asked = engine.attempt("inspect", name)
        if asked.returncode == 0:
            [found] = json.loads(asked.stdout)
            if found["State"]["Running"]:
                return dict(found)
    return None


def run_and_watch(project: Project, network: Json, engine: Engine, lab: Lab, image: str) -> Json:
    """Start a scan, look at its container while it runs, and wait for the scan's end."""
    scan = project.start(network)
    container = eventually(lambda: task_container(engine), seconds=240, what="the task's container runs")
    assert container is not None
    assert image in container["ImageName"]
    assert container["Config"]["User"] == "10001:10001"
    assert container["HostConfig"]["ReadonlyRootfs"]

    def shut() -> bool:
        """Another process of the same user cannot read the worker's environment, from before its first tool on."""
        return "Permission denied" in engine.attempt("exec", container["Id"], "cat", "/proc/1/environ").stderr

    eventually(shut, seconds=60)
    listening = run(["ip", "netns", "exec", lab.worker_namespaces[0], "ss", "-Hlntup"]).splitlines()
    assert {line.split()[4].rpartition(":")[0] for line in listening} == {"127.0.0.1"}, "doors to the endpoint, no more"
    assert not [line for line in listening if f"pid={container['State']['Pid']}," in line]
    return project.ended(scan, seconds=480)


def test_a_scan_whose_task_is_a_container_finds_exactly_the_labs_truth(
    platform: Platform, engine: Engine, image: str, lab: Lab
) -> None:
    project = platform.project("in containers")
    scanned = targets(lab, "web", "ssh")
    # Slow enough to be looked at from outside while it runs: each look is a process of its own.
    network = project.network(targets=scanned, ports=PORTS, rate=200)
    with timed("scan of two hosts"), lab.capture() as seen:
        ended = run_and_watch(project, network, engine, lab, image)
    assert ended["status"] == "completed", ended
    assert ended["counts"]["cells_covered"] == ended["counts"]["cells"] == len(scanned) * 1033
    assert project.open() == truth(lab, scanned)

    sent, told = sum(packet.size for packet in seen.packets), ended["actual"]["usage"]["bytes_sent"]
    assert told == pytest.approx(sent, rel=0.01), "by the counters of the container's own network"

    lines = project.result_lines(ended)
    assert {line["mode"] for line in lines if line["kind"] == "header"} == {"raw"}
    assert {line["how"] for line in lines if line["kind"] == "coverage"} == {"syn"}
    commands = [command["argv"][0] for line in lines if line["kind"] == "trailer" for command in line["commands"]]
    assert any(re.search(r"/(masscan|nmap)-raw$", program) for program in commands), commands
    eventually(lambda: not engine.containers(), seconds=120, what="no container is left")
