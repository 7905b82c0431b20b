"""AWS as the simulator plays it: the time that its requests and tasks take, the quotas that it refuses beyond, and what was used."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.core.prices import MINUTE_S, Machine
from infra.settings import STAGES
from tests.bench.virtual_time import VirtualTime

QUOTAS: dict[str, Any] = json.loads(Path(__file__).with_name("quotas.json").read_text(encoding="utf-8"))
STAGE = STAGES["prod"]
MACHINE = Machine(
    region="us-east-1",
    vcpu=STAGE.task_cpu / 1024,
    memory_gb=STAGE.task_memory / 1024,
    architecture=STAGE.task_architecture,
    lambda_architecture=STAGE.lambda_architecture,
)
TABLE_S, LAMBDA_S, PUT_S = 0.005, 0.12, 0.03
"""Of one request to DynamoDB, of a warm Lambda beside its requests, of one object."""
INVOCATIONS = 6
"""Of a function that AWS refuses to run, as the workflow's file has them tried again."""


@dataclass
class Bucket:
    """A token bucket of AWS."""

    time: VirtualTime
    burst: float
    per_second: float
    tokens: float = field(init=False)
    filled: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self, tokens: float = 1) -> float:
        """Seconds until there are so many; they are taken all the same."""
        self._fill()
        self.tokens -= tokens
        return max(0.0, -self.tokens / self.per_second)

    def try_take(self) -> bool:
        self._fill()
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def _fill(self) -> None:
        self.tokens = min(self.burst, self.tokens + (self.time.now - self.filled) * self.per_second)
        self.filled = self.time.now


class Refused(Exception):
    """By a quota."""


class Aws:
    """Its time and its quotas, and what was used."""

    def __init__(self, time: VirtualTime, *, tasks: int, chance: random.Random) -> None:
        self.time = time
        self.chance = chance
        self.used: Counter[str] = Counter()
        self.tasks = tasks
        self.running = 0
        self.task_seconds = 0.0
        """That the quota of tasks was in use, from a launch that is let through to the stop."""
        self.refusals = 0
        self.functions = 0
        self.throttled = 0
        self._launches = self._bucket("fargate_launches")
        self._run_task = self._bucket("ecs_run_task")
        self._transitions = self._bucket("step_functions_transitions")
        self._starts = self._bucket("step_functions_starts")
        self._partitions: dict[tuple[str, str], Bucket] = {}

    def access(self, kind: str, pk: str, items: int) -> None:
        quota = QUOTAS[f"dynamodb_partition_{kind}s_per_second"]
        bucket = self._partitions.setdefault((kind, pk), Bucket(self.time, quota, quota))
        self.used[f"{kind}_units"] += items
        self.time.sleep(TABLE_S + bucket.take(items))

    @contextmanager
    def function(self, *, memory: float) -> Iterator[None]:
        """A Lambda function runs. Raises Refused where too many do, as often as the workflow tries."""
        self._invoke()
        self.functions += 1
        began = self.time.now
        self.time.sleep(LAMBDA_S)
        try:
            yield
        finally:
            self.functions -= 1
            self.used["lambda_requests"] += 1
            self.used["lambda_gb_milliseconds"] += round((self.time.now - began) * memory * 1000)

    def _invoke(self) -> None:
        for attempt in range(INVOCATIONS):
            if self.functions < QUOTAS["lambda_concurrent"]:
                return
            self.throttled += 1
            self.time.sleep(self.chance.uniform(0, 2**attempt))
        raise Refused

    def move(self, transitions: int) -> None:
        self.used["transitions"] += transitions
        self.time.sleep(self._transitions.take(transitions))

    def begin_row(self) -> None:
        self.used["transitions"] += 1
        self.time.sleep(self._starts.take() + 0.1)

    def launch(self) -> float:
        """When the quota of launches let it through; it comes back when the task has its network and its image. Raises Refused
        beyond another quota."""
        if self.running >= self.tasks or not self._run_task.try_take():
            self.refusals += 1
            raise Refused
        self.running += 1
        self.time.sleep(self._launches.take())
        began = self.time.now
        self.time.sleep(self.chance.lognormvariate(0, 0.3) * STAGE.task_start_s)
        return began

    def ended(self, began: float) -> None:
        """The task that was let through then is stopped, and the workflow hears of it."""
        self.used["tasks"] += 1
        self.used["charged_seconds"] += round(max(MINUTE_S, self.time.now - began))
        self.time.sleep(self.chance.uniform(2, 8))
        self.running -= 1
        self.task_seconds += self.time.now - began

    def _bucket(self, name: str) -> Bucket:
        return Bucket(self.time, QUOTAS[f"{name}_burst"], QUOTAS[f"{name}_per_second"])
