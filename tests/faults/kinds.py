"""The kinds of faults: what is set up before a scan, what strikes in the midst of it, and how it may end then."""

import random
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from tests.e2e.platform import ENDED, Json, Project
from tests.e2e.test_faults import stop_task
from tests.faults.blows import BLOWS, Blow, some_worker
from tests.faults.proxy import Trouble, Way
from tests.faults.stand import Stand

Strike = Callable[[Stand, Project, Json, random.Random], None]
Prepare = Callable[[Stand, random.Random], None]

WHOLE = frozenset({"completed"})
BY_COVERAGE = frozenset({"completed", "partial", "failed"})
"""Whichever of them its coverage says, which is looked at in any case."""
_MOST_WATCHED_S = 240


def _nothing(*_: object) -> None:
    return


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`after`: once the scan has ended. `again`: while it is redriven, which it is only where it has not completed."""

    ends: frozenset[str]
    prepare: Prepare = _nothing
    strike: Strike = _nothing
    after: Strike = _nothing
    again: Strike = _nothing


def _blow(name: str) -> Strike:
    blow: Blow = BLOWS[name]
    return lambda _stand, project, scan, chance: blow(project, scan, chance)


def _full_disk(stand: Stand, chance: random.Random) -> None:
    """From what holds no tool's list of targets to what holds nearly all."""
    stand.launcher.in_store.disk = chance.choice((16, 64, 256, 1024, 4096)) * 1024


def _wrong_clock(stand: Stand, chance: random.Random) -> None:
    """By less than what AWS refuses a signature for."""
    stand.launcher.in_store.skew = chance.choice((-1, 1)) * round(chance.uniform(20, 280))


def _busy_tasks(stand: Stand, chance: random.Random) -> None:
    stand.tasks.trouble = Trouble("throttle", chance.uniform(0.1, 0.3))


def _for_a_while(who: Literal["tasks", "steps"], way: Way, seconds: tuple[float, float], chance_of: float) -> Strike:
    def strike(stand: Stand, _project: Project, _scan: Json, chance: random.Random) -> None:
        proxy = stand.tasks if who == "tasks" else stand.steps
        proxy.trouble = Trouble(way, chance_of)
        time.sleep(chance.uniform(*seconds))
        proxy.trouble = None

    return strike


def _outlives(_stand: Stand, project: Project, scan: Json, chance: random.Random) -> None:
    """ECS says that it is stopped while it hangs; it wakes when its chunk is long another's."""
    worker = some_worker(scan, chance)
    if worker is None:
        return
    worker.signal(signal.SIGSTOP)
    try:
        stop_task(project, worker)
        time.sleep(chance.uniform(5, 40))
    except AssertionError:
        return  # its task was just about to end
    finally:
        if worker.alive():
            worker.signal(signal.SIGCONT)


def _twice(stand: Stand, project: Project, scan: Json, _chance: random.Random) -> None:
    """Each chunk is judged once more and ingested twice more, side by side, as soon as it is saved."""
    done: set[str] = set()
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        while time.monotonic() - began < _MOST_WATCHED_S:
            ids = {"project": project.id, "scan": scan["id"], "run": 1}
            for chunk in project.items("scans", scan["id"], "chunks"):
                if chunk["status"] in {"saved", "ingested"} and chunk["chunk"] not in done:
                    done.add(chunk["chunk"])
                    for row in ("IngestChunk", "IngestChunk", "JudgeAttempt"):
                        pool.submit(stand.deliver, row, {**ids, "chunk": chunk["chunk"]})
            if project.get("scans", scan["id"])["status"] in ENDED:
                return
            time.sleep(0.3)


def _late(stand: Stand, project: Project, scan: Json, _chance: random.Random) -> None:
    """All that the first run has ever been told comes once more."""
    ids = {"project": project.id, "scan": scan["id"], "run": 1}
    stand.deliver("PlanChunks", ids)
    for chunk in project.items("scans", scan["id"], "chunks"):
        for row in ("AdmitChunk", "JudgeAttempt", "IngestChunk", "RecordFailure"):
            stand.deliver(row, {**ids, "chunk": chunk["chunk"]})
    stand.deliver("FinishScan", ids)
    for _ in range(2):
        stand.send_ending({**ids, "reason": "a late message"})


def _settled(stand: Stand, project: Project, scan: Json, chance: random.Random) -> None:
    """What came late has had its time."""
    _late(stand, project, scan, chance)
    time.sleep(5)


KINDS: Mapping[str, Kind] = {
    "kill": Kind(ends=WHOLE, strike=_blow("kill worker")),
    "term": Kind(ends=BY_COVERAGE, strike=_blow("end worker")),
    "crash": Kind(ends=BY_COVERAGE, strike=_blow("kill tool")),
    "hang": Kind(ends=BY_COVERAGE, strike=_blow("stop tool")),
    "disk": Kind(ends=BY_COVERAGE, prepare=_full_disk),
    "throttle": Kind(ends=BY_COVERAGE, prepare=_busy_tasks),
    "outage": Kind(ends=BY_COVERAGE, strike=_for_a_while("tasks", "out", (5, 40), 1.0)),
    "deaf": Kind(ends=BY_COVERAGE, strike=_for_a_while("tasks", "deaf", (10, 30), 0.3)),
    "throttle-steps": Kind(ends=BY_COVERAGE, strike=_for_a_while("steps", "throttle", (10, 30), 0.3)),
    "outage-steps": Kind(ends=BY_COVERAGE, strike=_for_a_while("steps", "out", (5, 25), 1.0)),
    "deaf-steps": Kind(ends=BY_COVERAGE, strike=_for_a_while("steps", "deaf", (10, 30), 0.3)),
    "twice": Kind(ends=WHOLE, strike=_twice, after=_settled),
    "late": Kind(ends=BY_COVERAGE, strike=_blow("end worker"), after=_settled, again=_late),
    "skew": Kind(ends=WHOLE, prepare=_wrong_clock),
    "lease": Kind(ends=WHOLE, strike=_outlives),
    "abort": Kind(ends=BY_COVERAGE, strike=_blow("abort")),
    "cancel": Kind(ends=frozenset({"cancelled", "completed"}), strike=_blow("cancel")),
}
