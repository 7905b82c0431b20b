"""Ten thousand chunks under AWS's quotas: the real planner, gate, ledger and judge on a table in memory, on a virtual clock.

What AWS does is played: tasks that take their time to start, launches and requests that are refused beyond a quota and
tried again as the workflow's own file says, Lambda's and DynamoDB's time. What Vedette decides is decided by its own code.
The ideal is a quota of tasks that is always in use: what the tasks took, from the moment that the quota of launches lets them
through to their stop, shared by so many. Waiting for a launch is not in it; `at_work` leaves out starts, stops and lost work too.
"""

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import infra
from functions.core.chunk import ChunkCounts, ChunkStatus
from functions.core.ids import derived_id
from functions.core.lanes import deal
from functions.core.prices import Usage, bill
from functions.core.project import Project
from functions.core.scan import Cause, Scan, ScanCounts, ScanEvent
from functions.store.allotments import Allotments
from functions.store.authorities import Authorities
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.scans import Scans
from functions.store.sources import Sources
from functions.usecases.admit_chunk import AdmitChunk, Decision
from functions.usecases.authority_still_holds import AuthorityStillHolds
from functions.usecases.judge_attempt import JudgeAttempt, Verdict
from tests.bench import simulated_scan
from tests.bench.memory_table import MemoryTable
from tests.bench.simulated_aws import MACHINE, PUT_S, QUOTAS, STAGE, Aws, Refused
from tests.bench.simulated_scan import BEGAN, NETWORK, PROJECT
from tests.bench.virtual_time import VirtualTime
from tests.progress import say

TASKS = tuple(map(int, os.environ.get("TASKS", "40,250").split(",")))
CHUNKS = int(os.environ.get("CHUNKS", "10000"))
SEED = int(os.environ.get("SEED", "5"))
DEFINITION = Path(infra.__file__).with_name("scan_workflow.asl.json")
CRASHES = 0.005
"""Tasks that end without a result."""
AT_ONCE = 16
"""Objects that the planner writes side by side."""


@dataclass
class Stores:
    table: MemoryTable
    sleep: Callable[[float], None]
    chance: random.Random

    def __post_init__(self) -> None:
        self.ledger, self.scans = Ledger(self.table), Scans(self.table)
        self.networks, self.projects = Networks(self.table), Projects(self.table)
        self.allotments = Allotments(self.table, sleep=self.sleep, chance=self.chance.random)
        self.sources = Sources(self.table)
        self.authorities = Authorities(self.table)


class Simulation:
    def __init__(self, *, tasks: int, chunks: int, seed: int) -> None:
        self.time = VirtualTime()
        self.chance = random.Random(seed)
        self.aws = Aws(self.time, tasks=tasks, chance=self.chance)
        self.stores = Stores(MemoryTable(access=self.aws.access, sleep=self.time.sleep), self.time.sleep, self.chance)
        self.outcomes: Counter[str] = Counter()
        self.worked_s = 0.0
        self.retry = _launch_retry()
        self.network = simulated_scan.network(tasks, chunks)
        self.scan = Scan(
            id=derived_id(BEGAN, "scan"),
            project=PROJECT,
            network=NETWORK,
            cause=Cause(kind="api", principal="bench", key="1"),
            snapshot=simulated_scan.snapshot(self.network, tasks),
            created=BEGAN,
        )
        self.admit = AdmitChunk(
            scans=self.stores.scans,
            ledger=self.stores.ledger,
            networks=self.stores.networks,
            projects=self.stores.projects,
            allotments=self.stores.allotments,
            authority_still_holds=_no_authorities(self.stores),
            task_s=STAGE.scan_chunk_seconds,
            machine=MACHINE,
        )
        self.judge = JudgeAttempt(
            ledger=self.stores.ledger,
            allotments=self.stores.allotments,
            sources=self.stores.sources,
            machine=MACHINE,
        )

    def run(self) -> dict[str, Any]:
        self.time.run([self._plan])
        planned = self.time.now
        rows = iter(self.rows)
        lanes = min(self.made.max_concurrency, QUOTAS["step_functions_child_executions"])
        self.time.run([lambda: self._lane(rows)] * lanes)
        return self._told(planned)

    @property
    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.time.now)

    def _plan(self) -> None:
        """*Plan chunks*, by the real planner and ledger; objects by their number."""
        self.made = simulated_scan.planned(self.scan.snapshot, tasks=self.aws.tasks)
        self.specs = {spec.chunk: spec for spec in self.made.chunks}
        self.work = {name: simulated_scan.work(spec, self.chance) for name, spec in self.specs.items()}
        self.rows = deal(sorted(self.specs), self.made.max_concurrency, short=True)
        objects = 2 * len(self.specs)
        self.aws.used.update(s3_puts=len(self.specs) + 2, s3_gets=len(self.specs) + 1, lambda_requests=1)
        self.aws.used["lambda_gb_milliseconds"] += round(objects * PUT_S / AT_ONCE * 2000)
        self.time.sleep(objects * PUT_S / AT_ONCE)
        stores, scan = self.stores, self.scan
        stores.projects.create(Project(id=PROJECT, name="bench", created=BEGAN))
        stores.networks.create(self.network)
        stores.scans.create_live(scan)
        stores.ledger.create(simulated_scan.draft(spec) for spec in self.specs.values())
        counted = stores.scans.update(scan, counts=ScanCounts(chunks=self.made.count, cells=self.made.cells))
        stores.scans.transition(counted, ScanEvent.START, started=self.now)

    def _lane(self, rows: Iterator[Any]) -> None:
        """The Map takes the next row where one has ended."""
        for row in rows:
            self.aws.begin_row()
            for chunk in row:
                self._chunk(chunk)

    def _chunk(self, chunk: str) -> None:
        """As the workflow's file goes through it."""
        verdict = Verdict.AGAIN
        while verdict is Verdict.AGAIN:
            if not self._admitted(chunk):
                return
            self._task(chunk)
            with self.aws.function(memory=0.5):
                verdict = self.judge(project=PROJECT, scan=self.scan.id, run=1, chunk=chunk, now=self.now)
            self.aws.move(3)
        if verdict is Verdict.INGEST:
            self._ingest(chunk)
        self.outcomes[verdict] += 1
        self.aws.move(2)

    def _admitted(self, chunk: str) -> bool:
        waits = 0
        while True:
            with self.aws.function(memory=0.5):
                admission = self.admit(
                    project=PROJECT, scan=self.scan.id, run=1, chunk=chunk, waits=waits, now=self.now
                )
            self.aws.move(2)
            if admission.decision is not Decision.WAIT:
                self.outcomes["held"] += admission.decision is Decision.HOLD
                return admission.decision is Decision.GO
            self.outcomes["waits"] += 1
            waits = admission.waits
            self.time.sleep(admission.seconds)

    def _task(self, chunk: str) -> None:
        """`ecs:runTask.sync`, tried again where a quota refuses it, and the worker's claim and save."""
        for attempt in range(self.retry["MaxAttempts"] + 1):
            try:
                began = self.aws.launch()
            except Refused:
                most = min(self.retry["IntervalSeconds"] * self.retry["BackoffRate"] ** attempt, 120)
                self.time.sleep(self.chance.uniform(0, most))
                continue
            self._work(chunk)
            self.aws.ended(began)
            return

    def _work(self, chunk: str) -> None:
        spec, ledger = self.specs[chunk], self.stores.ledger
        claimed = ledger.claim(PROJECT, self.scan.id, chunk, run=1, now=self.now, lease_s=spec.lease_s)
        seconds = min(spec.deadline_s, self.work[chunk] * spec.rate / (claimed.granted or spec.rate))
        self.aws.used.update(read_units=round(2 * seconds), write_units=round(1.4 * seconds))
        if self.chance.random() < CRASHES:
            self.time.sleep(seconds * self.chance.random())
            self.outcomes["crashes"] += 1
            return
        self.time.sleep(seconds)
        self.worked_s += seconds
        key = f"results/{chunk}/{claimed.attempt}"
        ledger.save(claimed, result_key=key, outcome="complete")
        self.aws.used.update(s3_puts=3, s3_gets=1)

    def _ingest(self, chunk: str) -> None:
        with self.aws.function(memory=2):
            self.time.sleep(2)
            self.aws.used.update(read_units=40, write_units=20, s3_gets=2)
            found = self.stores.ledger.get(PROJECT, self.scan.id, chunk)
            self.stores.ledger.mark_ingested(found, ChunkCounts(cells_covered=found.cells))

    def _told(self, planned: float) -> dict[str, Any]:
        ledger = self.stores.ledger.list(PROJECT, self.scan.id)
        ingested = sum(chunk.status is ChunkStatus.INGESTED for chunk in ledger)
        wall = self.time.now
        ideal = self.aws.task_seconds / self.aws.tasks
        return {
            "tasks": self.aws.tasks,
            "sim_chunks": len(ledger),
            "ingested": ingested,
            "sim_efficiency": round(ideal / wall, 4),
            "wall_s": round(wall),
            "plan_s": round(planned),
            "ideal_s": round(ideal),
            "at_work": round(self.worked_s / self.aws.tasks / wall, 4),
            "cost_usd": round(self._cost(), 2),
            "rows": len(self.rows),
            "refused_launches": self.aws.refusals,
            "refused_functions": self.aws.throttled,
            **self.outcomes,
        }

    def _cost(self) -> float:
        used = self.aws.used
        plain = {name: used[name] for name in Usage.model_fields if name in used}
        measured = {
            "task_seconds": used["charged_seconds"],
            "lambda_gb_seconds": used["lambda_gb_milliseconds"] / 1000,
        }
        return bill(Usage(**plain | measured), MACHINE).total


def _no_authorities(stores: Stores) -> AuthorityStillHolds:
    """The scan of the bench leans on none."""
    prove: Any = None
    return AuthorityStillHolds(authorities=stores.authorities, prove=prove, ledger=stores.ledger)


def _launch_retry() -> dict[str, Any]:
    """How often, and when, the workflow's file has a launch tried again."""
    lane = json.loads(DEFINITION.read_text(encoding="utf-8").replace("${", "").replace('}"', '"'))["States"]
    chunk = lane["Every lane"]["ItemProcessor"]["States"]["Every chunk"]["ItemProcessor"]["States"]["Scan chunk"]
    retry: dict[str, Any] = chunk["Retry"][0]
    return retry


def main() -> None:
    cases = []
    for tasks in TASKS:
        cases.append(Simulation(tasks=tasks, chunks=CHUNKS, seed=SEED).run())
        say(json.dumps(cases[-1]))
    worst = min(cases, key=lambda case: float(case["sim_efficiency"]))
    names = ("sim_chunks", "sim_efficiency", "at_work", "wall_s", "cost_usd", "tasks")
    sys.stdout.write(json.dumps({**{name: worst[name] for name in names}, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
