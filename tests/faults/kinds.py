"""The kinds of faults: what is set up before a scan, what strikes in the midst of it, and how it may end then."""

import random
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from tests.e2e.platform import ENDED, Json, Project
from tests.e2e.test_faults import stop_task
from tests.e2e.workers import Worker
from tests.faults.blows import BLOWS, Blow, some_worker
from tests.faults.proxy import Trouble, Way
from tests.faults.stand import Stand

Strike = Callable[[Stand, Project, Json, random.Random], bool]
"""Whether it has met anything."""
Prepare = Callable[[Stand, random.Random], None]

WHOLE = frozenset({"completed"})
BY_COVERAGE = frozenset({"completed", "partial", "failed"})
"""Whichever of them its coverage says, which is looked at in any case."""
_MOST_WATCHED_S = 240
_TWICE = ("IngestChunk", "IngestChunk", "JudgeAttempt")
_TOOLS_KIB = 2468
"""What a task copies for its tools before they begin: nmap's probes and masscan's library, in pages of 4 KiB."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`met`: whether what was prepared has met anything by the end of the scan. `after`: once the scan has ended. `again`: while
    it is redriven, which it is only where it has not completed."""

    ends: frozenset[str]
    prepare: Prepare | None = None
    met: Callable[[Stand], bool] | None = None
    strike: Strike | None = None
    after: Strike | None = None
    again: Strike | None = None


def _blow(name: str) -> Strike:
    blow: Blow = BLOWS[name]
    return lambda _stand, project, scan, chance: blow(project, scan, chance)


def _full_disk(stand: Stand, chance: random.Random) -> None:
    """Full before anything is sent, or when a few small files are there beside what tools need."""
    stand.launcher.in_store.disk = (_TOOLS_KIB + chance.choice((-2400, -1200, 4, 12, 20, 28))) * 1024


def _wrong_clock(stand: Stand, chance: random.Random) -> None:
    """By less than what AWS refuses a signature for."""
    stand.launcher.in_store.skew = chance.choice((-1, 1)) * round(chance.uniform(20, 280))


def _by_its_log(stand: Stand) -> bool:
    return stand.launcher.met


def _busy_tasks(stand: Stand, chance: random.Random) -> None:
    stand.tasks.trouble = Trouble("throttle", chance.uniform(0.1, 0.3))


def _refused(stand: Stand) -> bool:
    return stand.tasks.trouble is not None and stand.tasks.trouble.met > 0


def _has_ended(project: Project, scan: Json) -> bool:
    return project.get("scans", scan["id"])["status"] in ENDED


def _for_a_while(who: Literal["tasks", "steps"], way: Way, seconds: tuple[float, float], chance_of: float) -> Strike:
    """From the first request that it meets."""

    def strike(stand: Stand, project: Project, scan: Json, chance: random.Random) -> bool:
        proxy = stand.tasks if who == "tasks" else stand.steps
        trouble = proxy.trouble = Trouble(way, chance_of)
        began = time.monotonic()
        while not trouble.met and not _has_ended(project, scan) and time.monotonic() - began < _MOST_WATCHED_S:
            time.sleep(0.3)
        if trouble.met:
            time.sleep(chance.uniform(*seconds))
        proxy.trouble = None
        return trouble.met > 0

    return strike


def _outlives(_stand: Stand, project: Project, scan: Json, chance: random.Random) -> bool:
    """ECS says that it is stopped while it hangs; it wakes when its chunk is long another's."""
    worker = some_worker(scan, chance)
    if worker is None:
        return False
    worker.signal(signal.SIGSTOP)
    try:
        before = _attempts(project, scan, worker)
        stop_task(project, worker)
        time.sleep(chance.uniform(10, 40))
        return worker.alive() and _attempts(project, scan, worker) > before
    except AssertionError:
        return False  # its task was just about to end
    finally:
        if worker.alive():
            worker.signal(signal.SIGCONT)


def _attempts(project: Project, scan: Json, worker: Worker) -> int:
    """At the worker's chunk."""
    chunks = project.items("scans", scan["id"], "chunks")
    return sum(chunk["attempt"] for chunk in chunks if chunk["chunk"] == worker.chunk)


def _twice(stand: Stand, project: Project, scan: Json, _chance: random.Random) -> bool:
    """Each chunk is judged once more and ingested twice more, side by side, as soon as it is saved."""
    done: set[str] = set()
    repeated: list[Future[None]] = []
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        while time.monotonic() - began < _MOST_WATCHED_S:
            ids = {"project": project.id, "scan": scan["id"], "run": 1}
            for chunk in project.items("scans", scan["id"], "chunks"):
                if chunk["status"] in {"saved", "ingested"} and chunk["chunk"] not in done:
                    done.add(chunk["chunk"])
                    body = {**ids, "chunk": chunk["chunk"]}
                    repeated += [pool.submit(stand.deliver, row, body) for row in _TWICE]
            if _has_ended(project, scan):
                break
            time.sleep(0.3)
    return any(each.exception() is None for each in repeated)


def _late(stand: Stand, project: Project, scan: Json, _chance: random.Random) -> bool:
    """All that the first run has ever been told comes once more."""
    ids = {"project": project.id, "scan": scan["id"], "run": 1}
    stand.deliver("PlanChunks", ids)
    for chunk in project.items("scans", scan["id"], "chunks"):
        for row in ("AdmitChunk", "JudgeAttempt", "IngestChunk", "RecordFailure"):
            stand.deliver(row, {**ids, "chunk": chunk["chunk"]})
    stand.deliver("FinishScan", ids)
    for _ in range(2):
        stand.send_ending({**ids, "reason": "a late message"})
    return True


def _settled(stand: Stand, project: Project, scan: Json, chance: random.Random) -> bool:
    """What came late has had its time."""
    met = _late(stand, project, scan, chance)
    time.sleep(5)
    return met


KINDS: Mapping[str, Kind] = {
    "kill": Kind(ends=WHOLE, strike=_blow("kill worker")),
    "term": Kind(ends=BY_COVERAGE, strike=_blow("end worker")),
    "crash": Kind(ends=BY_COVERAGE, strike=_blow("kill tool")),
    "hang": Kind(ends=BY_COVERAGE, strike=_blow("stop tool")),
    "disk": Kind(ends=BY_COVERAGE, prepare=_full_disk, met=_by_its_log),
    "throttle": Kind(ends=BY_COVERAGE, prepare=_busy_tasks, met=_refused),
    "outage": Kind(ends=BY_COVERAGE, strike=_for_a_while("tasks", "out", (5, 40), 1.0)),
    "deaf": Kind(ends=BY_COVERAGE, strike=_for_a_while("tasks", "deaf", (10, 30), 0.3)),
    "throttle-steps": Kind(ends=BY_COVERAGE, strike=_for_a_while("steps", "throttle", (10, 30), 0.3)),
    "outage-steps": Kind(ends=BY_COVERAGE, strike=_for_a_while("steps", "out", (5, 25), 1.0)),
    "deaf-steps": Kind(ends=BY_COVERAGE, strike=_for_a_while("steps", "deaf", (10, 30), 0.3)),
    "twice": Kind(ends=WHOLE, strike=_twice, after=_settled),
    "late": Kind(ends=BY_COVERAGE, strike=_blow("end worker"), after=_settled, again=_late),
    "skew": Kind(ends=WHOLE, prepare=_wrong_clock, met=_by_its_log),
    "lease": Kind(ends=WHOLE, strike=_outlives),
    "abort": Kind(ends=BY_COVERAGE, strike=_blow("abort")),
    "cancel": Kind(ends=frozenset({"cancelled", "completed"}), strike=_blow("cancel")),
}
