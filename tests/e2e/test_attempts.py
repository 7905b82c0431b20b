"""A chunk has a bounded number of attempts; what becomes of the scan depends on how many chunks came through."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from functions.core.chunk import MAX_ATTEMPTS
from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Json, Project
from tests.e2e.workers import workers_of
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


@contextmanager
def every_worker_killed(scan: Json, *, chunks: set[str] | None = None) -> Iterator[list[str]]:
    """Kill the scan's workers (of these chunks) as they appear; gives the chunks whose workers were killed, in order."""
    killed: list[str] = []
    over = threading.Event()

    def hunt() -> None:
        seen: set[int] = set()
        while not over.wait(0.2):
            for worker in workers_of(scan["id"]):
                if worker.pid not in seen and (chunks is None or worker.chunk in chunks):
                    seen.add(worker.pid)
                    killed.append(worker.chunk)
                    worker.signal(signal.SIGKILL)

    hunter = threading.Thread(target=hunt, daemon=True)
    hunter.start()
    try:
        yield killed
    finally:
        over.set()
        hunter.join()


def test_a_chunk_whose_every_worker_dies_fails_and_the_rest_of_the_scan_stands(project: Project, lab: Lab) -> None:
    scanned, elsewhere = targets(lab, "web"), targets(lab, "mail", versions=[6])
    network = project.network(targets=[*scanned, *elsewhere], ports=PORTS, rate=300, profile="discovery")
    scan = project.start(network)
    with every_worker_killed(scan, chunks={"00000"}) as killed:
        ended = project.ended(scan)
    chunks = {chunk["chunk"]: chunk for chunk in project.items("scans", scan["id"], "chunks")}
    assert (len(chunks), chunks["00000"]["status"]) == (2, "failed")
    assert (len(killed), chunks["00000"]["attempt"]) == (MAX_ATTEMPTS, MAX_ATTEMPTS)
    assert (ended["status"], ended["counts"]["chunks_failed"]) == ("partial", 1)
    assert project.open() in (truth(lab, scanned), truth(lab, elsewhere))


def test_a_scan_whose_every_worker_dies_fails_and_ends(project: Project, lab: Lab) -> None:
    scan = project.start(project.network(targets=targets(lab, "web"), ports=PORTS, rate=100, profile="discovery"))
    with every_worker_killed(scan):
        ended = project.ended(scan)
    assert (ended["status"], ended["counts"]["cells_covered"]) == ("failed", 0)
    assert "00000" in ended["reason"]
    assert project.items("exposures") == []
    again = project.scan(project.items("networks")[0], ports="80,443")
    assert again["status"] == "completed", "the network is free for the next scan"
